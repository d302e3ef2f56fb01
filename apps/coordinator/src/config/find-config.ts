import { existsSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'

/** File names that are looked for, in this order. */
export const CONFIG_NAMES = ['bailiwick.config.ts', 'bailiwick.config.js', 'bailiwick.config.mjs'] as const

/** The nearest configuration file at or above a folder, or undefined. */
export function findConfig(from: string): string | undefined {
  for (let folder = resolve(from); ; folder = dirname(folder)) {
    for (const name of CONFIG_NAMES) {
      const file = join(folder, name)
      if (existsSync(file)) return file
    }
    if (dirname(folder) === folder) return undefined
  }
}
