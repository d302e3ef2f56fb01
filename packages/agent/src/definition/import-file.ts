import { registerHooks } from 'node:module'
import { pathToFileURL } from 'node:url'

/**
 * Packages that a file may import without having them installed: where it has none of its own, the ones
 * that `from` finds are meant.
 */
export interface Lent {
  packages: RegExp
  /** URL of the module whose imports they are. */
  from: string
  /** What is imported instead, if it has another name there. */
  as?: string
}

/**
 * A module of somebody else's, loaded by Node itself: types are stripped, nothing is transpiled.
 *
 * @param lent what it may import of this installation's; its own comes first
 * @throws what it throws while it is loaded
 */
export async function importFile(file: string, lent: readonly Lent[]): Promise<Record<string, unknown>> {
  const url = pathToFileURL(file).href
  const hooks = registerHooks({
    resolve(specifier, context, next) {
      // Node warns that a .ts file without a package.json "type" has to be parsed twice: say what it is.
      if (specifier === url && file.endsWith('.ts')) {
        return { url, format: 'module-typescript', shortCircuit: true }
      }
      try {
        return next(specifier, context)
      } catch (error) {
        const lender = lent.find(({ packages }) => packages.test(specifier))
        if (lender === undefined) throw error
        return next(lender.as ?? specifier, { ...context, parentURL: lender.from })
      }
    },
  })
  try {
    return await import(url)
  } finally {
    hooks.deregister()
  }
}
