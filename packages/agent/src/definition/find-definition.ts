import { existsSync, readFileSync, statSync } from 'node:fs'
import { createRequire, findPackageJSON } from 'node:module'
import { dirname, isAbsolute, join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { DefinitionError, SOURCE_FLAGS } from '@bailiwick/contract'

/** The conditions of `exports` that apply when `require` cannot resolve the package. */
const CONDITIONS = [
  ...SOURCE_FLAGS.map((flag) => flag.slice('--conditions='.length)),
  ...['node', 'import', 'module', 'default'],
]

/**
 * Finds the file of an agent's definition.
 *
 * @param spec a path, or a package's name if no file has that path
 * @param elsewhere folders to look a package up from if `from` does not have it
 * @throws DefinitionError if there is no such file or package
 */
export function findDefinition(spec: string, from: string, elsewhere: readonly string[] = []): string {
  const path = resolve(from, spec)
  if (existsSync(path)) return statSync(path).isDirectory() ? entryOf(path, spec) : path
  if (isAbsolute(spec) || /^\.{1,2}[/\\]|\.[cm]?[jt]s$/.test(spec)) {
    throw new DefinitionError(
      `agent file "${spec}" does not exist${isAbsolute(spec) ? '' : ` (looked for ${path})`}; check the path`,
    )
  }
  for (const folder of [from, ...elsewhere]) {
    const file = packageFile(spec, folder)
    if (file !== undefined) return file
  }
  throw new DefinitionError(
    `agent package "${spec}" was not found from ${from}: install it there, or pass a path that starts with "./"`,
  )
}

function packageFile(spec: string, from: string): string | undefined {
  try {
    return createRequire(join(from, 'noop.js')).resolve(spec)
  } catch {
    // The package is not installed, or has no entry for require().
    const manifest = manifestOf(spec, from)
    return manifest === undefined ? undefined : entryOf(dirname(manifest), spec)
  }
}

/** The entry file of a package: from its `exports` for `import`, else the file that `require` finds. */
function entryOf(folder: string, spec: string): string {
  const manifest = join(folder, 'package.json')
  const { exports: entries }: { exports?: unknown } = existsSync(manifest)
    ? JSON.parse(readFileSync(manifest, 'utf8'))
    : {}
  const target = pick(mainEntry(entries))
  if (target !== undefined && existsSync(join(folder, target))) return join(folder, target)
  try {
    return createRequire(join(folder, 'noop.js')).resolve(folder)
  } catch (cause) {
    const problem =
      target === undefined ? 'its package.json names no entry' : `${join(folder, target)} is missing`
    throw new DefinitionError(
      `"${spec}" is not an agent package: ${problem}. Build it, or pass the path of the agent's file`,
      { cause },
    )
  }
}

function mainEntry(entries: unknown): unknown {
  return typeof entries === 'object' && entries !== null && '.' in entries ? entries['.'] : entries
}

function pick(target: unknown): string | undefined {
  if (typeof target === 'string') return target
  if (Array.isArray(target)) return target.map(pick).find((file) => file !== undefined)
  if (typeof target !== 'object' || target === null) return undefined
  for (const [condition, inner] of Object.entries(target)) {
    const file = CONDITIONS.includes(condition) ? pick(inner) : undefined
    if (file !== undefined) return file
  }
  return undefined
}

function manifestOf(spec: string, from: string): string | undefined {
  try {
    return findPackageJSON(spec, pathToFileURL(join(from, 'noop.js')))
  } catch {
    return undefined // findPackageJSON throws if there is no such package.
  }
}
