import { describeTable, isRow } from './describe-table.ts'

/** Characters of a text or an object that a description shows. */
const HEAD = 200

/**
 * Describes a value for a prompt: its name, type and size, and a sample; a list of objects column by column. Shows the
 * whole value only if it is tiny.
 *
 * @example
 * describeValue('limits', [1, 2, 3, 4]) // 'limits: list of 4 (number); first [1,2,3]'
 */
export function describeValue(name: string, value: unknown): string {
  if (typeof value === 'string') {
    return value.length <= HEAD
      ? `${name}: text ${JSON.stringify(value)}`
      : `${name}: text, ${value.length} characters, ${value.split('\n').length} lines; begins ${JSON.stringify(value.slice(0, HEAD))}`
  }
  if (Array.isArray(value)) {
    if (value.length > 0 && value.every(isRow)) return `${name}: list of objects, ${describeTable(value)}`
    const kinds = [...new Set(value.map(kindOf))].join(' | ')
    return `${name}: list of ${value.length} (${kinds || 'empty'})${value.length > 0 ? `; first ${preview(value.slice(0, 3))}` : ''}`
  }
  if (ArrayBuffer.isView(value)) return `${name}: ${value.constructor.name}, ${value.byteLength} bytes`
  if (value instanceof Map || value instanceof Set)
    return `${name}: ${value.constructor.name} of ${value.size}`
  if (value instanceof Date) return `${name}: Date ${value.toJSON()}`
  if (!isRow(value)) return `${name}: ${kindOf(value)} ${String(value)}`
  const text = preview(value)
  if (text.length <= HEAD) return `${name}: object ${text}`
  const keys = Object.entries(value).slice(0, 30)
  return `${name}: object with ${Object.keys(value).length} keys: ${keys.map(([key, item]) => `${key} (${Array.isArray(item) ? `list of ${item.length}` : kindOf(item)})`).join(', ')}`
}

function kindOf(value: unknown): string {
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'list'
  if (value instanceof Date) return 'Date'
  return typeof value
}

function preview(value: unknown): string {
  const text =
    JSON.stringify(value, (_, item) => (typeof item === 'bigint' ? String(item) : item)) ?? String(value)
  return text.length <= 2 * HEAD ? text : `${text.slice(0, 2 * HEAD)}…`
}
