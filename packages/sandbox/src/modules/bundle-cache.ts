import { createHash, randomUUID } from 'node:crypto'
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { userCacheDir } from '@bailiwick/debian'
import type { BundleAnswer } from '../child/open-world.ts'
import { bundle } from './bundle.ts'
import { findPackage } from './find-package.ts'
import { refusal } from './granted-packages.ts'

/** Raise it when a bundle of the same package would come out otherwise. */
const FORMAT = 1

/** Bundles of granted packages: made once, kept by package and version in a folder. */
export class BundleCache {
  readonly #folder: string
  readonly #made = new Map<string, Promise<string>>()

  constructor(folder = defaultFolder()) {
    this.#folder = folder
  }

  /** A bundle or a reason for each name. */
  async answer(names: string[], patterns: readonly string[], from: string): Promise<BundleAnswer[]> {
    return Promise.all(
      names.map(async (name) => {
        const refused = refusal(name, patterns)
        if (refused !== undefined) return { name, refused }
        try {
          return { name, source: await this.#source(name, from) }
        } catch (error) {
          const reason = error instanceof Error ? error.message : String(error)
          return { name, refused: `"${name}" could not be loaded: ${reason.slice(0, 500)}` }
        }
      }),
    )
  }

  #source(name: string, from: string): Promise<string> {
    const found = findPackage(name, from)
    if (found === undefined) throw new Error(`it is not installed in ${from}`)
    const key = createHash('sha256')
      .update([FORMAT, name, found.version, found.folder].join('\n'))
      .digest('hex')
    const known = this.#made.get(key)
    if (known !== undefined) return known
    const made = this.#load(key, name, from)
    this.#made.set(key, made)
    // A failure is not kept: the package may be there the next time.
    made.catch(() => this.#made.delete(key))
    return made
  }

  async #load(key: string, name: string, from: string): Promise<string> {
    const file = join(this.#folder, `${name.replaceAll('/', '_')}-${key.slice(0, 24)}.js`)
    try {
      return await readFile(file, 'utf8')
    } catch {
      // Not made yet, or not readable: made again.
    }
    const text = await bundle(name, from)
    await this.#keep(file, text)
    return text
  }

  /** Best effort: without a folder to write to, the next process bundles again. */
  async #keep(file: string, text: string): Promise<void> {
    const passing = `${file}.${randomUUID()}`
    try {
      await mkdir(this.#folder, { recursive: true, mode: 0o700 })
      await writeFile(passing, text, { mode: 0o600 })
      await rename(passing, file)
    } catch (error) {
      if (!['EACCES', 'EROFS', 'ENOSPC', 'EPERM'].includes((error as { code?: string }).code ?? ''))
        throw error
    }
  }
}

function defaultFolder(): string {
  return join(userCacheDir(), 'bailiwick', 'modules')
}
