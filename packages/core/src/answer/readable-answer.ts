import { fillTable, MAX_TABLE_ROWS, tableOf } from './fill-table.ts'
import { DEFAULT_LOCALE, formatValue } from './format-value.ts'

/** An answer for a person, and the data beside it. */
export interface ReadableAnswer {
  /** Markdown. */
  text: string
  /** What programs read, at full precision. Absent if the answer is only text. */
  data?: unknown
}

/** Items of a list that are shown in a line. */
const MAX_LISTED = 20
/** Deeper data is shown as JSON. */
const MAX_DEPTH = 4

/**
 * Turns an answer into Markdown: text stays as it is; of `{ answer, data }`, the text is `answer`; any other data becomes
 * sentences, lists and tables, with its figures rounded.
 *
 * @example
 * readableAnswer({ mean: 5.123456789 }) // { text: 'mean: 5.123', data: { mean: 5.123456789 } }
 */
export function readableAnswer(answer: unknown): ReadableAnswer {
  if (typeof answer === 'string') return { text: answer }
  if (isRecord(answer) && typeof answer.answer === 'string') {
    const { answer: text, ...rest } = answer
    const keys = Object.keys(rest)
    if (keys.length === 0) return { text }
    return { text, data: keys.length === 1 && 'data' in rest ? rest.data : rest }
  }
  return { text: show(answer, 1), data: answer }
}

function show(value: unknown, depth: number): string {
  if (!isObject(value)) return single(value)
  if (depth > MAX_DEPTH) return `\`${JSON.stringify(value)}\``
  if (Array.isArray(value)) return showList(value, depth)
  const fields = Object.entries(value)
  const lines = fields.filter(([, field]) => isShort(field))
  const [only] = lines
  if (only !== undefined && fields.length === 1) return `${only[0]}: ${show(only[1], depth + 1)}`
  const parts = [
    lines.map(([name, field]) => `- ${name}: ${show(field, depth + 1)}`).join('\n'),
    ...fields
      .filter(([, field]) => !isShort(field))
      .map(([name, field]) => `**${name}**\n\n${show(field, depth + 1)}`),
  ]
  return parts.filter((part) => part !== '').join('\n\n') || 'no data'
}

function showList(items: readonly unknown[], depth: number): string {
  if (items.length === 0) return 'none'
  if (items.every((item) => !isObject(item))) {
    const more = items.length - MAX_LISTED
    const shown = items.slice(0, MAX_LISTED).map(single).join(', ')
    return more > 0 ? `${shown} and ${more} more` : shown
  }
  const table = isFlat(items) ? showTable(items) : undefined
  if (table !== undefined) return table
  const more = items.length - MAX_LISTED
  const parts = items
    .slice(0, MAX_LISTED)
    .map((item, index) => `**${index + 1}**\n\n${show(item, depth + 1)}`)
  return [...parts, ...(more > 0 ? [`${more} more`] : [])].join('\n\n')
}

/** Whether a table shows everything in a list: its items have single values only. */
function isFlat(items: readonly unknown[]): boolean {
  return items.every((item) => isObject(item) && Object.values(item).every((field) => !isObject(field)))
}

function showTable(items: readonly unknown[]): string | undefined {
  const columns = tableOf('list', items)
    ?.replace(/^\{\{table list/, '')
    .replace(/\}\}$/, '')
  if (columns === undefined) return undefined
  const rows = Math.min(items.length, MAX_TABLE_ROWS)
  const table = fillTable(`table ${rows} of list${columns}`, { list: { output: items } }, DEFAULT_LOCALE)
  if ('problem' in table) return undefined
  const more = items.length - rows
  return more > 0 ? `${table.text}\n\n${more} more rows` : table.text
}

/** Whether a field fits into a line. */
function isShort(value: unknown): boolean {
  if (typeof value === 'string') return !value.includes('\n')
  return !isObject(value) || (Array.isArray(value) && value.every((item) => !isObject(item)))
}

function single(value: unknown): string {
  if (value === null || value === undefined) return '–'
  const shown = formatValue(value, undefined, DEFAULT_LOCALE, '')
  return 'text' in shown ? shown.text : JSON.stringify(value)
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !(value instanceof Date)
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return isObject(value) && !Array.isArray(value)
}
