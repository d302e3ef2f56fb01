import { BadRequest } from '../errors/bad-request.ts'
import { readTable } from '../table/read-table.ts'
import { rowObjects, type TableFile } from '../table/table.ts'

type Data = Record<string, unknown>

/**
 * The specification with every `data: { url: "<file of the run>" }` replaced by what is in that file, so
 * that drawing has nothing left to load. @throws BadRequest for any other address.
 */
export function fillData(value: unknown, files: TableFile[]): unknown {
  if (Array.isArray(value)) return value.map((item) => fillData(item, files))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => {
      if (key === 'values' || key === 'datasets') return [key, item]
      return [key, key === 'data' && hasUrl(item) ? loaded(item, files) : fillData(item, files)]
    }),
  )
}

/** The names of the files that a specification wants loaded. */
export function wantedFiles(value: unknown): string[] {
  if (Array.isArray(value)) return value.flatMap(wantedFiles)
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([key, item]) => {
    if (key === 'values' || key === 'datasets') return []
    return key === 'data' && hasUrl(item) ? [item.url] : wantedFiles(item)
  })
}

function hasUrl(value: unknown): value is Data & { url: string } {
  return typeof value === 'object' && value !== null && 'url' in value && typeof value.url === 'string'
}

function loaded({ url, ...data }: Data & { url: string }, files: TableFile[]): Data {
  const file = files.find((candidate) => candidate.file === url)
  if (file === undefined) {
    const names = files.map((candidate) => candidate.file).join(', ')
    throw new BadRequest(
      `data.url "${url.slice(0, 200)}": a chart loads files of its run only, by name (${names || 'there is none'})`,
    )
  }
  const format = (data.format ?? {}) as Data
  if (file.format === 'json')
    return { ...data, values: parse(file), format: { ...format, type: format.type ?? 'json' } }
  const { type: _, ...rest } = format
  return { ...data, values: rowObjects(readTable(file.text, file.format)), format: rest }
}

function parse({ file, text }: TableFile): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    throw new BadRequest(`${file}: ${error instanceof Error ? error.message : String(error)}`)
  }
}
