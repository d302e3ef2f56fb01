import { existsSync, readFileSync, realpathSync } from 'node:fs'
import { isBuiltin } from 'node:module'
import { dirname, join, resolve } from 'node:path'
import { parseJson } from '@bailiwick/contract/world'

/** The package name of a specifier: `name` of `name/sub`, `@scope/name` of `@scope/name/sub`. */
export function packageOf(specifier: string): string {
  const parts = specifier.split('/')
  return parts.slice(0, specifier.startsWith('@') ? 2 : 1).join('/')
}

/**
 * The reason why a specifier may not be imported, or undefined if it may. The pattern `name` grants only the package's
 * main entry, `name/*` its subpaths, `*` every installed package. Files, URLs and the runtime's own modules are never
 * granted.
 */
export function refusal(specifier: string, patterns: readonly string[]): string | undefined {
  const granted =
    patterns.length === 0 ? 'nothing may be imported here' : `granted here: ${patterns.join(', ')}`
  if (isBuiltin(specifier))
    return `"${specifier}" is a module of the runtime and may not be imported; ${granted}`
  if (
    !/^(@[\w.-]+\/)?[\w.-]+(\/[\w.-]+)*$/.test(specifier) ||
    specifier.split('/').some((part) => /^(\.+|node_modules)$/.test(part))
  ) {
    return `"${specifier.slice(0, 100)}" is not the name of a package and may not be imported; ${granted}`
  }
  return patterns.some((pattern) => matches(pattern, specifier))
    ? undefined
    : `"${specifier}" may not be imported; ${granted}`
}

function matches(pattern: string, specifier: string): boolean {
  if (pattern === '*' || pattern === specifier) return true
  return pattern.endsWith('/*') && specifier.startsWith(pattern.slice(0, -1))
}

export interface FoundPackage {
  name: string
  version: string
  /** The real folder. Two versions of one package in different places have different folders. */
  folder: string
}

/** Finds the installed package of a specifier, in `from` or the nearest folder above it, as the runtime does. */
export function findPackage(specifier: string, from: string): FoundPackage | undefined {
  const name = packageOf(specifier)
  for (let folder = resolve(from); ; folder = dirname(folder)) {
    const manifest = join(folder, 'node_modules', name, 'package.json')
    if (existsSync(manifest)) {
      const { version } = (parseJson(readFileSync(manifest, 'utf8')) ?? {}) as { version?: unknown }
      return {
        name,
        version: typeof version === 'string' ? version : '0.0.0',
        folder: realpathSync(dirname(manifest)),
      }
    }
    if (dirname(folder) === folder) return undefined
  }
}
