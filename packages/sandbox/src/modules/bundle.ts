import { isBuiltin } from 'node:module'
import { SandboxError } from '@bailiwick/contract/world'
import type { Plugin } from 'esbuild'

/**
 * Bundles one package into one script that passes its namespace to `register`.
 *
 * @throws Error with esbuild's message
 */
export async function bundle(specifier: string, from: string): Promise<string> {
  // Many agents never import anything, so esbuild is loaded on first use.
  const { build } = await import('esbuild')
  const { outputFiles } = await build({
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
    define: { 'process.env.NODE_ENV': '"production"' },
    legalComments: 'none',
    logLevel: 'silent',
    plugins: [noBuiltins],
  })
  const [file] = outputFiles
  if (file === undefined)
    throw new SandboxError(`Expected a bundle of ${specifier} from esbuild, found none.`)
  return file.text
}

/** Replaces the runtime's modules by empty ones: a package that works without `fs` must load. */
const noBuiltins: Plugin = {
  name: 'no-builtins',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^(node:)?[a-z_/]+$/ }, ({ path, kind }) => {
      if (kind === 'entry-point' || !isBuiltin(path)) return undefined
      return { path, namespace: 'no-builtins' }
    })
    onLoad({ filter: /.*/, namespace: 'no-builtins' }, () => ({ contents: 'module.exports = {}' }))
  },
}
