/**
 * Bundles the sandbox's child: `node build/child.ts <folder>`. The child may read only that folder, so it holds the
 * child with everything it needs in one file, and the prelude as the script that runs inside the isolate.
 */
import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { build } from 'esbuild'

const root = join(import.meta.dirname, '..')
const outdir = resolve(process.argv[2] ?? join(root, 'dist/box'))
const shared = {
  bundle: true,
  logLevel: 'warning',
  absWorkingDir: root,
  conditions: ['@bailiwick/source'],
  legalComments: 'inline',
  outdir,
} as const

await build({
  ...shared,
  entryPoints: { prelude: 'src/prelude/main.ts' },
  format: 'iife',
  globalName: 'prelude',
  target: 'es2024',
  // The script's value is the one function that the child calls; nothing becomes a global.
  banner: { js: '(()=>{"use strict";' },
  footer: { js: ';return prelude.install})()' },
})

await build({
  ...shared,
  entryPoints: { child: 'src/child/main.ts', probe: 'src/isolation/probe-child.ts' },
  outExtension: { '.js': '.cjs' },
  format: 'cjs',
  platform: 'node',
  target: 'node24',
  plugins: [
    {
      name: 'sucrase-in-the-bundle',
      setup(plugin) {
        plugin.onLoad({ filter: /rewrite[\\/]load-sucrase\.ts$/ }, () => ({
          // `require` inside a function: evaluated when it is first called.
          contents: 'export const loadSucrase = () => require("sucrase")',
          resolveDir: root,
        }))
      },
    },
  ],
})

// Fail the build, not the first session, if the prelude does not parse.
new Function(readFileSync(join(outdir, 'prelude.js'), 'utf8'))
