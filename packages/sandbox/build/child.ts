/**
 * Bundles the sandbox's child: `node build/child.ts <folder>`. The child may read only that folder, so one file holds
 * the child and everything that it needs, and another holds the prelude, the script that runs inside the isolate.
 * Prints the files that the bundle was made from, one per line, relative to the package.
 */
import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { build } from 'esbuild'

const root = join(import.meta.dirname, '..')
const [folder = join(root, 'dist/box')] = process.argv.slice(2)
const outdir = resolve(folder)
const shared = {
  bundle: true,
  metafile: true,
  logLevel: 'warning',
  absWorkingDir: root,
  conditions: ['@bailiwick/source'],
  legalComments: 'inline',
  outdir,
} as const

/** Globals that the prelude uses while guest code runs. */
const GLOBALS = [
  'Array',
  'BigInt',
  'Error',
  'EvalError',
  'Number',
  'Object',
  'Promise',
  'RangeError',
  'Reflect',
  'RegExp',
  'String',
  'SyntaxError',
  'TypeError',
  'Uint8Array',
]

const prelude = await build({
  ...shared,
  entryPoints: { prelude: 'src/prelude/main.ts' },
  format: 'iife',
  globalName: 'prelude',
  target: 'es2024',
  // The script evaluates to the one function that the child calls, and defines no global.
  // Guest code may replace any global. The prelude's own constants of the same names keep the builtins.
  banner: { js: `(()=>{"use strict";const {${GLOBALS.join()}}=globalThis;` },
  footer: { js: ';return prelude.install})()' },
})

const child = await build({
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
          // esbuild evaluates a module that is required inside a function on the first call.
          contents: 'export const loadSucrase = () => require("sucrase")',
          resolveDir: root,
        }))
      },
    },
  ],
})

// If the prelude does not parse, fail the build and not the first session.
new Function(readFileSync(join(outdir, 'prelude.js'), 'utf8'))

const inputs = Object.keys({ ...prelude.metafile.inputs, ...child.metafile.inputs })
console.log(['build/child.ts', ...inputs].join('\n'))
