import { SandboxError } from '@bailiwick/contract/world'
import type { BuildFailure } from 'esbuild'
import { checkGraph } from './check-graph.ts'
import type { FoundPackage } from './granted-packages.ts'
import { onlyModules } from './only-modules.ts'

/**
 * Bundles one module of a granted package, and what it imports, into one script that passes its namespace to
 * `register`.
 *
 * @param from the folder that the specifier resolves from
 * @throws SandboxError that says which import failed and why
 */
export async function bundle(specifier: string, from: string, granted: FoundPackage): Promise<string> {
  // Many agents never import anything, so esbuild is loaded on first use.
  const { build } = await import('esbuild')
  const loaded = new Map<string, boolean>()
  const { outputFiles, metafile } = await build({
    // A bundle names its inputs by their paths from here. Stack traces show them to the guest.
    absWorkingDir: granted.folder,
    metafile: true,
    stdin: {
      contents: `import * as namespace from ${JSON.stringify(specifier)};register(namespace)`,
      resolveDir: from,
    },
    bundle: true,
    write: false,
    format: 'iife',
    platform: 'browser',
    target: 'es2024',
    mainFields: ['module', 'main'],
    // JSON is found so that the error can name it.
    resolveExtensions: ['.js', '.mjs', '.cjs', '.json'],
    // Otherwise the `paths` of a tsconfig.json beside the agent would apply.
    tsconfigRaw: {},
    define: { 'process.env.NODE_ENV': '"production"' },
    legalComments: 'none',
    logLevel: 'silent',
    plugins: [onlyModules(loaded)],
  }).catch(explain)
  const problem = checkGraph(metafile.inputs, loaded, granted)
  if (problem !== undefined) throw new SandboxError(problem)
  const [file] = outputFiles
  if (file === undefined)
    throw new SandboxError(`Expected a bundle of ${specifier} from esbuild, found none.`)
  return file.text
}

/** Throws the first error of a build, without paths and source text, which a guest must not see. */
function explain(error: Partial<BuildFailure>): never {
  const [first] = error.errors ?? []
  if (first === undefined) throw error
  const { text, location } = first
  const file = location === null || location.file === '<stdin>' ? undefined : location.file.split('/').at(-1)
  const where = file === undefined ? '' : ` (in ${file}, line ${location?.line})`
  const said = file === undefined || text.startsWith('Could not resolve ') ? text : 'it cannot be bundled'
  throw new SandboxError(`${said}${where}`)
}
