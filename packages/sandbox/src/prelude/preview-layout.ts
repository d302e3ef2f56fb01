import { indexOf, join, type List } from './primordials.ts'

/** Characters of a line. */
const LINE = 76

/** The parts of a value on one line where they fit, else one a line. */
export function wrap(open: string, parts: List<string>, close: string, depth: number): string {
  if (parts.length === 0) return `${open}${close}`
  let length = open.length + close.length
  let broken = false
  for (let index = 0; index < parts.length; index += 1) {
    const part = parts[index] as string
    length += part.length + 2
    if (indexOf(part, '\n') >= 0) broken = true
  }
  const brace = close === '}'
  if (!broken && length <= LINE - depth * 2) {
    return brace ? `${open} ${join(parts, ', ')} ${close}` : `${open}${join(parts, ', ')}${close}`
  }
  const indent = `\n${spaces(depth + 1)}`
  return `${open}${indent}${join(parts, `,${indent}`)}\n${spaces(depth)}${close}`
}

function spaces(depth: number): string {
  let text = ''
  for (let index = 0; index < depth; index += 1) text += '  '
  return text
}
