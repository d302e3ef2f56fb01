import { existsSync, readFileSync, realpathSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { packageOf } from './granted-packages.ts'

export interface FoundPackage {
  name: string
  version: string
  /** Its real folder: two versions of one dependency below it are two folders. */
  folder: string
}

/** The installed package that a specifier names, looked for from `from` upwards as the runtime does. */
export function findPackage(specifier: string, from: string): FoundPackage | undefined {
  const name = packageOf(specifier)
  for (let folder = resolve(from); ; folder = dirname(folder)) {
    const manifest = join(folder, 'node_modules', name, 'package.json')
    if (existsSync(manifest)) {
      const { version } = JSON.parse(readFileSync(manifest, 'utf8')) as { version?: string }
      return { name, version: version ?? '0.0.0', folder: realpathSync(dirname(manifest)) }
    }
    if (dirname(folder) === folder) return undefined
  }
}
