import { FILE_LIMITS } from './file-limits.ts'
import { formatBytes } from './format-bytes.ts'
import { tableFormatOf } from './table-format.ts'

const { file, tables, jsonChars, chartData, readChars } = FILE_LIMITS

/** The limits of files in one sentence. */
export const FILE_LIMITS_TEXT = `up to ${formatBytes(file)} each; queryTable reads up to ${formatBytes(tables)} of CSV and JSON at a time, drawChart ${formatBytes(chartData)}; readFile reads ${readChars} characters at a time, of any file`

/**
 * What to know about a file that is too large for a tool. Users and agents read the same text, before and after the
 * upload.
 *
 * @returns undefined if `queryTable` takes the file, or would not take it anyway
 */
export function fileAdvice(about: { name: string; mediaType: string; size: number }): string | undefined {
  const format = tableFormatOf(about)
  if (format === undefined) return undefined
  if (about.size > tables)
    return `queryTable reads at most ${formatBytes(tables)}, found ${formatBytes(about.size)}: split the file, or read parts of it with readFile`
  if (format === 'json' && about.size > jsonChars)
    return `queryTable reads a JSON file of more than ${jsonChars} characters only if it is a list: convert another one to NDJSON or CSV, or read parts of it with readFile`
  return undefined
}
