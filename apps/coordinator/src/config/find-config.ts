import { existsSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'

/** The names of a configuration file, in order of preference. */
export const CONFIG_NAMES = ['bailiwick.config.ts', 'bailiwick.config.js', 'bailiwick.config.mjs'] as const

/** The configuration file in a folder, or in the nearest folder above it that has one. */
export function findConfig(from: string): string | undefined {
  for (let folder = resolve(from); ; folder = dirname(folder)) {
    for (const name of CONFIG_NAMES) {
      const file = join(folder, name)
      if (existsSync(file)) return file
    }
    if (dirname(folder) === folder) return undefined
  }
}
