import { existsSync, statSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, isAbsolute, join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { defineAgent } from '@bailiwick/core'
import { type AgentDefinition, DefinitionError } from '@bailiwick/core/contract'

export interface LoadedDefinition {
  definition: AgentDefinition
  file: string
  /** Folder that its imports resolve from. */
  folder: string
}

/**
 * The agent that a package or a file exports by default. Only its module is loaded; nothing of it is run.
 *
 * @param spec a package's name, or a path that starts with `.` or `/` or names a file
 * @throws DefinitionError that says what was wanted, what came and what to do
 */
export async function loadDefinition(spec: string, from = process.cwd()): Promise<LoadedDefinition> {
  const file = resolveSpec(spec, from)
  let loaded: { default?: unknown }
  try {
    loaded = await import(pathToFileURL(file).href)
  } catch (cause) {
    const why = cause instanceof Error ? `${cause.name}: ${cause.message}` : String(cause)
    throw new DefinitionError(`agent "${spec}" throws while it is loaded: ${why}\n  (${file})`, { cause })
  }
  if (typeof loaded.default !== 'object' || loaded.default === null) {
    throw new DefinitionError(
      `agent "${spec}" has no default export that is a definition; wanted: export default defineAgent({ … })\n  (${file})`,
    )
  }
  return { definition: defineAgent(loaded.default as AgentDefinition), file, folder: dirname(file) }
}

function resolveSpec(spec: string, from: string): string {
  if (spec.startsWith('.') || isAbsolute(spec) || existsSync(resolve(from, spec)))
    return resolveFile(spec, from)
  try {
    return createRequire(join(from, 'noop.js')).resolve(spec)
  } catch (cause) {
    throw new DefinitionError(
      `agent package "${spec}" was not found from ${from}: install it there, or give a path that starts with "./"`,
      { cause },
    )
  }
}

function resolveFile(spec: string, from: string): string {
  const file = resolve(from, spec)
  if (!existsSync(file)) throw new DefinitionError(`agent file "${spec}" does not exist (looked for ${file})`)
  if (!statSync(file).isDirectory()) return file
  try {
    return createRequire(join(file, 'noop.js')).resolve(file)
  } catch (cause) {
    throw new DefinitionError(
      `folder "${spec}" is no agent package: it has no entry that can be loaded (${file})`,
      { cause },
    )
  }
}
