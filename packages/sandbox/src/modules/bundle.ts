import { isBuiltin } from 'node:module'
import type { Plugin } from 'esbuild'

/** One package as one script that hands its namespace to `register`. @throws Error with esbuild's words */
export async function bundle(specifier: string, from: string): Promise<string> {
  // Loaded when something is imported at all: many agents never do.
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
  if (file === undefined) throw new Error(`esbuild made nothing of ${specifier}`)
  return file.text
}

/** A package that looks for `fs` and goes on without it must load; inside there is none. */
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
