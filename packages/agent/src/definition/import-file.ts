import { createRequire, registerHooks } from 'node:module'
import { pathToFileURL } from 'node:url'

/** Packages that a loaded file may import even if they are not installed where the file is. */
export interface SharedPackages {
  /** Matches the specifiers. A package that the file itself can resolve is used instead. */
  packages: RegExp
  /** URL of the module whose copy is used. */
  from: string
  /** Specifier to import instead, if `from` knows the package under another name. */
  as?: string
}

/** The packages that every definition imports. */
const DEFINITION_PACKAGES = /^(@bailiwick\/core|zod)(\/|$)/

/**
 * Imports the module of an agent's definition. It may import `@bailiwick/core` and `zod` even if they are not
 * installed where its file is.
 *
 * @throws whatever the module throws
 */
export function importDefinition(file: string): Promise<Record<string, unknown>> {
  const core = createRequire(import.meta.url).resolve('@bailiwick/core')
  return importFile(file, [{ packages: DEFINITION_PACKAGES, from: pathToFileURL(core).href }])
}

/**
 * Imports a user's module with Node's own loader, which strips types and transpiles nothing.
 *
 * @throws whatever the module throws
 */
export async function importFile(
  file: string,
  shared: readonly SharedPackages[],
): Promise<Record<string, unknown>> {
  const url = pathToFileURL(file).href
  const hooks = registerHooks({
    resolve(specifier, context, next) {
      // Without a package.json "type", Node parses a .ts file twice and warns about it. State the format instead.
      if (specifier === url && file.endsWith('.ts')) {
        return { url, format: 'module-typescript', shortCircuit: true }
      }
      try {
        return next(specifier, context)
      } catch (error) {
        const found = shared.find(({ packages }) => packages.test(specifier))
        if (found === undefined) throw error
        return next(found.as ?? specifier, { ...context, parentURL: found.from })
      }
    },
  })
  try {
    return await import(url)
  } finally {
    hooks.deregister()
  }
}
