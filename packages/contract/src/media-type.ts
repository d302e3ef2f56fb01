/** A table of our own, because `mrmime` does not know JSON Lines and takes `.ts` for a video. */
const BY_EXTENSION: Readonly<Record<string, string>> = {
  css: 'text/css',
  csv: 'text/csv',
  gif: 'image/gif',
  htm: 'text/html',
  html: 'text/html',
  jpeg: 'image/jpeg',
  jpg: 'image/jpeg',
  json: 'application/json',
  jsonl: 'application/x-ndjson',
  md: 'text/markdown',
  ndjson: 'application/x-ndjson',
  pdf: 'application/pdf',
  png: 'image/png',
  svg: 'image/svg+xml',
  tab: 'text/tab-separated-values',
  tsv: 'text/tab-separated-values',
  txt: 'text/plain',
  xml: 'application/xml',
  yaml: 'application/yaml',
  yml: 'application/yaml',
  zip: 'application/zip',
}

/**
 * The media type of a file, from the extension of its name. Ignores case.
 *
 * @param otherwise the result for an unknown extension or none
 * @example
 * mediaTypeOf('Seattle-weather.CSV') // 'text/csv'
 * mediaTypeOf('notes') // 'application/octet-stream'
 */
export function mediaTypeOf(fileName: string, otherwise = 'application/octet-stream'): string {
  // A name that begins with its only dot, such as `.csv`, has no extension.
  const extension = /[^/\\]\.([^./\\]+)$/.exec(fileName)?.[1]?.toLowerCase() ?? ''
  return Object.hasOwn(BY_EXTENSION, extension) ? (BY_EXTENSION[extension] ?? otherwise) : otherwise
}
