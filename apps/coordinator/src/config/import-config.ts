import { registerHooks } from 'node:module'
import { pathToFileURL } from 'node:url'
import { InputError } from '@bailiwick/contract'

/**
 * The default export of a configuration file, loaded by Node itself: types are stripped, nothing is
 * transpiled. `import … from 'bailiwick'` works also where the package is not installed beside the file
 * (run by npx): it then means this installation.
 *
 * @throws InputError where the file throws, does not parse, or has no default export
 */
export async function importConfig(file: string): Promise<unknown> {
  const url = pathToFileURL(file).href
  const own = new URL('../index.js', import.meta.url).href
  const hooks = registerHooks({
    resolve(specifier, context, next) {
      // Node warns that a .ts file without a package.json "type" has to be parsed twice: say what it is.
      if (specifier === url && file.endsWith('.ts')) {
        return { url, format: 'module-typescript', shortCircuit: true }
      }
      if (specifier !== 'bailiwick') return next(specifier, context)
      try {
        return next(specifier, context)
      } catch {
        return { url: own, format: 'module', shortCircuit: true }
      }
    },
  })
  try {
    const loaded: { default?: unknown } = await import(url)
    if (loaded.default === undefined) {
      throw new InputError(`${file} has no default export; wanted: export default defineConfig({ … })`)
    }
    return loaded.default
  } catch (error) {
    if (error instanceof InputError) throw error
    throw new InputError(`${file} could not be loaded: ${firstLine(error)}`, { cause: error })
  } finally {
    hooks.deregister()
  }
}

function firstLine(error: unknown): string {
  return (error instanceof Error ? `${error.name}: ${error.message}` : String(error)).split('\n')[0] ?? ''
}
