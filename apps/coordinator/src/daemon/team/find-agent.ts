import { existsSync, readFileSync, statSync } from 'node:fs'
import { createRequire, findPackageJSON } from 'node:module'
import { dirname, isAbsolute, join, resolve } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { InputError } from '@bailiwick/contract'

/**
 * The file of an agent given by package name or path.
 *
 * A package is looked up from the configuration's folder, then from this installation, which has the ones
 * that ship.
 *
 * @throws InputError where there is none
 */
export function findAgentFile(spec: string, folder: string): string {
  return isPath(spec) ? fileAt(spec, folder) : packageFile(spec, folder)
}

/** True for what is meant as a path: `./agents/legal.ts`, `/srv/legal.ts`. */
export function isPath(spec: string): boolean {
  return /^\.{0,2}[/\\]/.test(spec) || spec === '.' || isAbsolute(spec) || /\.[cm]?[jt]s$/.test(spec)
}

function fileAt(spec: string, folder: string): string {
  const path = resolve(folder, spec)
  if (!existsSync(path)) throw new InputError(`no agent at ${path} (given as "${spec}")`)
  if (!statSync(path).isDirectory()) return path
  const manifest = join(path, 'package.json')
  if (!existsSync(manifest))
    throw new InputError(`${path} is a folder without package.json: name the agent's file`)
  const name: { name?: string } = JSON.parse(readFileSync(manifest, 'utf8'))
  if (name.name === undefined) throw new InputError(`${manifest} has no name: name the agent's file instead`)
  // A package may import itself by its name: that is how its "exports" are read here.
  return resolveFrom(name.name, join(path, 'package.json')) ?? missing(spec, folder)
}

function packageFile(spec: string, folder: string): string {
  const own = fileURLToPath(import.meta.url)
  return (
    resolveFrom(spec, join(folder, 'bailiwick.config.js')) ?? resolveFrom(spec, own) ?? missing(spec, folder)
  )
}

function resolveFrom(spec: string, parent: string): string | undefined {
  try {
    return createRequire(parent).resolve(spec)
  } catch {
    return importOnly(spec, parent) // Not installed there, or without an entry for require().
  }
}

/** The entry of a package whose "exports" know `import` alone, which `require.resolve` does not see. */
function importOnly(spec: string, parent: string): string | undefined {
  const manifest = manifestOf(spec, parent)
  if (manifest === undefined) return undefined
  const { exports: entries }: { exports?: Record<string, unknown> } = JSON.parse(
    readFileSync(manifest, 'utf8'),
  )
  const main = entries?.['.'] ?? entries
  const file = typeof main === 'object' && main !== null && 'import' in main ? main.import : undefined
  return typeof file === 'string' ? join(dirname(manifest), file) : undefined
}

function manifestOf(spec: string, parent: string): string | undefined {
  try {
    return findPackageJSON(spec, pathToFileURL(parent))
  } catch {
    return undefined // It throws where there is no such package.
  }
}

function missing(spec: string, folder: string): never {
  throw new InputError(
    `no agent package "${spec}" in ${folder} or above; install it there (npm install ${spec}), or give a path such as ./${spec.split('/').at(-1)}.ts`,
  )
}

/** The folder of the nearest package.json above a file: the package it belongs to. */
export function packageFolder(file: string): string {
  let folder = dirname(file)
  while (!existsSync(join(folder, 'package.json')) && dirname(folder) !== folder) folder = dirname(folder)
  return existsSync(join(folder, 'package.json')) ? folder : dirname(file)
}
