import { asData, asName, type FramedText, frame } from './framed-text.ts'

/** Characters of a call's arguments that its name shows. */
const MAX_ARGUMENT_CHARS = 120

/** A call by its name and arguments, shortened: `queryTable({"sql":"select 1"})`. */
export function nameCall({ name, args }: { name: string; args: unknown }): FramedText {
  const text = typeof args === 'string' ? args : (JSON.stringify(args, plain) ?? '')
  return frame`${asName(name)}(${asData(short(text, MAX_ARGUMENT_CHARS))})`
}

/** The beginning of a text, and its length if it is longer. */
export function short(text: string, limit: number): string {
  return text.length <= limit ? text : `${text.slice(0, limit)}… (${text.length} characters)`
}

function plain(_key: string, value: unknown): unknown {
  return typeof value === 'bigint' ? `${value}n` : value
}
