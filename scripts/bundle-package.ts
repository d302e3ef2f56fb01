/**
 * Bundles a package's entries (its `exports` and `bin`) into few files: a process that imports a package of a
 * hundred small modules spends most of that time on finding them. Chunks are shared between the entries, so
 * that each class exists once; other packages stay imports. Run by a package's build after `tsc` has checked
 * it and written its declarations.
 */
import { readFileSync, rmSync } from 'node:fs'
import { build } from 'esbuild'

interface Manifest {
  exports?: Record<string, { default: string }>
  bin?: Record<string, string>
}

const { exports = {}, bin = {} } = JSON.parse(readFileSync('package.json', 'utf8')) as Manifest
const built = [...Object.values(exports).map((entry) => entry.default), ...Object.values(bin)]

rmSync('dist/chunks', { recursive: true, force: true })
await build({
  entryPoints: built.map((file) => file.replace('./dist/', 'src/').replace(/\.js$/, '.ts')),
  outdir: 'dist',
  outbase: 'src',
  chunkNames: 'chunks/[name]-[hash]',
  bundle: true,
  splitting: true,
  packages: 'external',
  format: 'esm',
  platform: 'node',
  target: 'node24',
  sourcemap: true,
  legalComments: 'inline',
  logLevel: 'warning',
})
