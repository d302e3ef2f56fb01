import { describeTable, type Row, readDelimited } from './describe-table.ts'

/** A text or bytes with what kind they are, as a file comes. */
export interface InputFile {
  text?: string
  bytes?: Uint8Array
  mediaType: string
}

const HEAD = 200

/**
 * What a prompt says of an input: its name, type and size, a sample, and for tables (CSV, TSV, lists of
 * objects) each column with its type and range. Never the whole, unless it is tiny.
 *
 * @example
 * describeInput('sales', { text: 'region,sum\nnorth,12\n', mediaType: 'text/csv' })
 */
export function describeInput(name: string, value: unknown): string {
  return isFile(value) ? describeFile(name, value) : describeValue(name, value)
}

function describeFile(name: string, { text, bytes, mediaType }: InputFile): string {
  const size = bytes?.byteLength ?? Buffer.byteLength(text ?? '')
  const kind = `${name}: ${mediaType}, ${size} bytes`
  if (!/^text\/|json|csv|xml|yaml/.test(mediaType)) return kind
  const content = text ?? new TextDecoder().decode(bytes)
  if (/json/.test(mediaType)) {
    try {
      return describeValue(kind, JSON.parse(content))
    } catch {
      return `${kind}, not valid JSON; begins ${JSON.stringify(content.slice(0, HEAD))}`
    }
  }
  const delimiter = /tab-separated|tsv/.test(mediaType) || /\.tsv$/.test(name) ? '\t' : ','
  const table =
    /csv|tab-separated|tsv/.test(mediaType) || /\.[ct]sv$/.test(name) ? readDelimited(content, delimiter) : []
  return table.length > 0 ? `${kind}, ${describeTable(table)}` : describeValue(kind, content)
}

function describeValue(name: string, value: unknown): string {
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

function isFile(value: unknown): value is InputFile {
  return isRow(value) && typeof value.mediaType === 'string' && ('text' in value || 'bytes' in value)
}

function isRow(value: unknown): value is Row {
  return (
    typeof value === 'object' &&
    value !== null &&
    [Object.prototype, null].includes(Object.getPrototypeOf(value))
  )
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
