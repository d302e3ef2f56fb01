/**
 * What the sandbox's child may read is one folder, `dist/box`: the child with everything it needs in
 * one file, and the prelude as the script that runs inside the isolate.
 */
import { readFileSync } from 'node:fs'
import { build } from 'esbuild'

const root = new URL('../', import.meta.url)
const shared = {
  bundle: true,
  logLevel: 'warning',
  absWorkingDir: new URL('.', root).pathname,
  legalComments: 'inline',
}

await build({
  ...shared,
  entryPoints: ['dist/prelude/main.js'],
  outfile: 'dist/box/prelude.js',
  format: 'iife',
  globalName: 'prelude',
  target: 'es2024',
  // The script's value is the one function that the child calls; nothing becomes a global.
  banner: { js: '(()=>{"use strict";' },
  footer: { js: ';return prelude.install})()' },
})

await build({
  ...shared,
  entryPoints: { child: 'dist/child/main.js', probe: 'dist/isolation/probe-child.js' },
  outdir: 'dist/box',
  outExtension: { '.js': '.cjs' },
  format: 'cjs',
  platform: 'node',
  target: 'node24',
  plugins: [
    {
      name: 'sucrase-in-the-bundle',
      setup(plugin) {
        plugin.onLoad({ filter: /rewrite[\\/]load-sucrase\.js$/ }, () => ({
          // `require` inside a function: evaluated when it is first called.
          contents: 'export const loadSucrase = () => require("sucrase")',
          resolveDir: new URL('.', root).pathname,
        }))
      },
    },
  ],
})

// A prelude that does not parse would only be found by the first session.
new Function(readFileSync(new URL('dist/box/prelude.js', root), 'utf8'))
