import { dirname } from 'node:path'
import { type AgentDefinition, DefinitionError, errorText } from '@bailiwick/contract'
import { defineAgent } from '@bailiwick/core'
import { checkImports } from '@bailiwick/sandbox/imports'
import { findDefinition } from './find-definition.ts'
import { importDefinition } from './import-file.ts'

export interface LoadedDefinition {
  definition: AgentDefinition
  file: string
  /** Folder that its imports resolve from. */
  folder: string
}

/**
 * Loads the agent that a package or a file exports by default. Loads its module, but runs no part of the agent.
 *
 * @param spec a package's name, or a path
 * @param from folder to look `spec` up from
 * @throws DefinitionError if there is no such file, it cannot be loaded, or it exports no valid definition
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
    const why = cause instanceof Error ? `${cause.name}: ${cause.message}` : errorText(cause)
    throw new DefinitionError(`agent "${spec}" throws when it is loaded: ${why}\n  (${file})`, { cause })
  }
  if (typeof loaded.default === 'object' && loaded.default !== null) return loaded.default as AgentDefinition
  const others = Object.keys(loaded).filter((name) => name !== 'default')
  const found =
    'default' in loaded ? typeof loaded.default : others.length === 0 ? 'nothing' : others.join(', ')
  throw new DefinitionError(
    `agent "${spec}": expected a default export, export default defineAgent({ … }), found ${found}\n  (${file})`,
  )
}
