import type { ColumnType } from './column-type.ts'
import { cutText, isRow, kindOf, plainJson, type Row, TableSummary } from './describe-table.ts'
import { describeText } from './describe-text.ts'
import { ObjectColumns } from './table-parser.ts'

/** Characters of a text or an object that a description shows. */
const HEAD = 200
/** Rows of a list of objects whose keys and types are collected. */
const MAX_TYPED_ROWS = 20_000

/**
 * Describes a value for a prompt: its name, type and size, and a sample; a list of objects column by column. Shows the
 * whole value only if it is tiny.
 *
 * @example
 * describeValue('limits', [1, 2, 3, 4]) // 'limits: list of 4 (number); first [1,2,3]'
 */
export function describeValue(name: string, value: unknown): string {
  if (typeof value === 'string')
    return value.length <= HEAD
      ? `${name}: text ${JSON.stringify(value)}`
      : `${name}: text, ${describeText(value)}`
  if (Array.isArray(value)) {
    if (value.length > 0 && value.every(isRow)) return `${name}: list of objects, ${describeRows(value)}`
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
  return `${name}: object, ${describeKeys(value)}`
}

/** Keys of an object that a description names. */
const MAX_KEYS = 100

function describeKeys(value: Row): string {
  const entries = Object.entries(value)
  const shown = entries.slice(0, MAX_KEYS).map(([key, item]) => `  ${property(key)}: ${shortly(item)}`)
  const left = entries.length - shown.length
  if (left > 0) shown.push(`  and ${left} more keys that are left out here`)
  return `${entries.length} keys:\n${shown.join('\n')}`
}

function shortly(item: unknown): string {
  if (Array.isArray(item)) {
    if (item.length > 0 && item.every(isRow)) {
      const columns = columnsOf(item)
      return `list of ${item.length} objects with ${cutText([...columns.keys()].map(property).join(', '), HEAD)}`
    }
    return `list of ${item.length}, ${cutText(plainJson(item.slice(0, 3)), HEAD / 2)}`
  }
  return isRow(item)
    ? `object ${cutText(plainJson(item), HEAD / 2)}`
    : `${kindOf(item)} ${cutText(plainJson(item), HEAD / 2)}`
}

/** A key as code writes it. */
function property(key: string): string {
  return /^[\p{L}_$][\p{L}\p{N}_$]*$/u.test(key) ? key : JSON.stringify(key)
}

function columnsOf(rows: readonly Row[]): ObjectColumns {
  const columns = new ObjectColumns()
  for (const row of rows.slice(0, MAX_TYPED_ROWS)) columns.add(row)
  return columns
}

function describeRows(rows: readonly Row[]): string {
  const columns = columnsOf(rows)
  const keys = [...columns.keys()]
  const summary = new TableSummary()
  for (const row of rows) {
    if (summary.isFull) break
    summary.add(keys.map((key) => row[key]))
  }
  summary.size = rows.length
  const types: ColumnType[] = columns.types()
  return summary.describe({ names: keys.map(property), keys, types })
}

function preview(value: unknown): string {
  return cutText(plainJson(value), 2 * HEAD)
}
