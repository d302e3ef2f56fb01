import { execFile } from 'node:child_process'
import { mkdirSync, mkdtempSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { build } from 'esbuild'

// Inside the package, so that the bundle finds what it imports.
const folder = join(dirname(fileURLToPath(import.meta.url)), '..', 'node_modules/.cache')

/**
 * Runs a script of the tests in a process of its own and gives the JSON that it prints last. As plain
 * JavaScript: the runtime's type stripper would be 20 MB of the memory that the script measures.
 */
export async function runAlone(
  script: string,
  options: { flags?: string[]; args?: string[] } = {},
): Promise<unknown> {
  mkdirSync(folder, { recursive: true })
  const outfile = join(mkdtempSync(join(folder, 'alone-')), 'main.mjs')
  await build({
    entryPoints: [join(dirname(fileURLToPath(import.meta.url)), script)],
    outfile,
    bundle: true,
    packages: 'external',
    conditions: ['@bailiwick/source'],
    format: 'esm',
    platform: 'node',
    target: 'node24',
  })
  const { stdout } = await promisify(execFile)(
    process.execPath,
    [...(options.flags ?? []), outfile, ...(options.args ?? [])],
    { maxBuffer: 64 * 1_048_576 },
  )
  return JSON.parse(stdout.trim().split('\n').at(-1) ?? '')
}
