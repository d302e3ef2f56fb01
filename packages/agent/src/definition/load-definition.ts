import { dirname } from 'node:path'
import { type AgentDefinition, DefinitionError } from '@bailiwick/contract'
import { defineAgent } from '@bailiwick/core'
import { checkImports } from '@bailiwick/sandbox/imports'
import { findDefinition } from './find-definition.ts'
import { importDefinition } from './import-definition.ts'

export interface LoadedDefinition {
  definition: AgentDefinition
  file: string
  /** Folder that its imports resolve from. */
  folder: string
}

/**
 * The agent that a package or a file exports by default. Its module is loaded; nothing of the agent runs.
 *
 * @param spec a package's name, or a path
 * @param from folder that `spec` is looked up from
 * @throws DefinitionError that says what was wanted, what came and what to do
 */
export async function loadDefinition(spec: string, from = process.cwd()): Promise<LoadedDefinition> {
  const file = findDefinition(spec, from)
  const definition = defineAgent(await defaultExport(spec, file))
  const folder = dirname(file)
  checkImports(definition.imports ?? [], folder)
  return { definition, file, folder }
}

async function defaultExport(spec: string, file: string): Promise<AgentDefinition> {
  let loaded: { default?: unknown }
  try {
    loaded = await importDefinition(file)
  } catch (cause) {
    const why = cause instanceof Error ? `${cause.name}: ${cause.message}` : String(cause)
    throw new DefinitionError(`agent "${spec}" throws while it is loaded: ${why}\n  (${file})`, { cause })
  }
  if (typeof loaded.default === 'object' && loaded.default !== null) return loaded.default as AgentDefinition
  const others = Object.keys(loaded).filter((name) => name !== 'default')
  const got =
    'default' in loaded ? typeof loaded.default : others.length === 0 ? 'nothing' : others.join(', ')
  throw new DefinitionError(
    `agent "${spec}" has no definition as its default export (it exports ${got}); wanted: export default defineAgent({ … })\n  (${file})`,
  )
}
