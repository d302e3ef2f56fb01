import { importFile } from '@bailiwick/agent/definition'
import { InputError } from '@bailiwick/contract'

/**
 * The default export of a configuration file. `import … from 'bailiwick'` works also where the package is
 * not installed beside the file (run by npx): it then means this installation.
 *
 * @throws InputError where the file throws, does not parse, or has no default export
 */
export async function importConfig(file: string): Promise<unknown> {
  let loaded: { default?: unknown }
  try {
    loaded = await importFile(file, [
      { packages: /^bailiwick$/, from: import.meta.url, as: '@bailiwick/coordinator/config/define-config' },
    ])
  } catch (error) {
    throw new InputError(`${file} could not be loaded: ${firstLine(error)}`, { cause: error })
  }
  if (loaded.default !== undefined) return loaded.default
  throw new InputError(`${file} has no default export; wanted: export default defineConfig({ … })`)
}

function firstLine(error: unknown): string {
  return (error instanceof Error ? `${error.name}: ${error.message}` : String(error)).split('\n')[0] ?? ''
}
