import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The file behind a program of one of our packages: `resolveScript('@bailiwick/agent', 'bailiwick-agent')`. */
export function resolveScript(packageName: string, program: string): string {
  let folder = dirname(fileURLToPath(import.meta.resolve(packageName)))
  while (!existsSync(join(folder, 'package.json'))) folder = dirname(folder)
  const manifest: { bin?: Record<string, string> } = JSON.parse(
    readFileSync(join(folder, 'package.json'), 'utf8'),
  )
  const file = manifest.bin?.[program]
  if (file === undefined) throw new Error(`${packageName} has no program "${program}" in its package.json`)
  return join(folder, file)
}
