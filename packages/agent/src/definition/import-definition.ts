import { createRequire } from 'node:module'
import { pathToFileURL } from 'node:url'
import { importFile } from './import-file.ts'

/** What every definition is made of. Its file may stand anywhere, also where neither was installed. */
const MADE_OF = /^(@bailiwick\/core|zod)(\/|$)/

/**
 * The module of an agent's definition.
 *
 * @throws what it throws while it is loaded
 */
export function importDefinition(file: string): Promise<Record<string, unknown>> {
  const core = createRequire(import.meta.url).resolve('@bailiwick/core')
  return importFile(file, [{ packages: MADE_OF, from: pathToFileURL(core).href }])
}
