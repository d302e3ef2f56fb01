import { fence } from './fence.ts'

/**
 * A text for the model whose data is marked. Data came from code, tools, files, people or other agents, and could say
 * anything. The rest is the frame: our own words.
 */
export interface FramedText {
  readonly text: string
  /** Where the data is: the start and end of each piece, in order. */
  readonly data: readonly (readonly [start: number, end: number])[]
}

/** A text that is data from its start to its end. */
export function asData(text: string): FramedText {
  return { text, data: text === '' ? [] : [[0, text.length]] }
}

/** A text of our own words. */
export function asFrame(text: string): FramedText {
  return { text, data: [] }
}

/** A name inside a frame. Anything but a plain word is data. */
export function asName(name: string): FramedText {
  return /^[\w$.:-]{1,64}$/.test(name) ? asFrame(name) : asData(name)
}

/**
 * A template of our own words. Texts in it are data; numbers are not.
 *
 * @example
 * frame`Call ${asName(id)} failed: ${message}`
 */
export function frame(
  words: TemplateStringsArray,
  ...values: readonly (FramedText | string | number)[]
): FramedText {
  const parts = values.flatMap((value, index) => [
    typeof value === 'string' ? asData(value) : typeof value === 'number' ? asFrame(`${value}`) : value,
    asFrame(words[index + 1] ?? ''),
  ])
  return joinFramed([asFrame(words[0] ?? ''), ...parts], '')
}

/** Joins the texts that are not empty. The separator belongs to the frame. */
export function joinFramed(
  parts: readonly (FramedText | false | undefined)[],
  separator: string,
): FramedText {
  let text = ''
  const data: [number, number][] = []
  for (const part of parts) {
    if (!part || part.text === '') continue
    if (text !== '') text += separator
    for (const [start, end] of part.data) data.push([text.length + start, text.length + end])
    text += part.text
  }
  return { text, data }
}

/** A part of a text, with the marks of its data. */
export function sliceFramed({ text, data }: FramedText, from: number, to = text.length): FramedText {
  return {
    text: text.slice(from, to),
    data: data.flatMap(([start, end]) => {
      const [first, last] = [Math.max(start, from), Math.min(end, to)]
      return first < last ? [[first - from, last - from] as const] : []
    }),
  }
}

/** The text as the model reads it: each piece of data between tags that cannot occur in it. */
export function fenceData({ text, data }: FramedText): string {
  let fenced = ''
  let at = 0
  for (const [start, end] of data) {
    fenced += text.slice(at, start) + fence('data', text.slice(start, end))
    at = end
  }
  return fenced + text.slice(at)
}
