import { createHash, randomUUID } from 'node:crypto'
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { errorText, InputError } from '@bailiwick/contract/world'
import { userCacheDir } from '@bailiwick/debian'
import type { BundleAnswer } from '../frames/frame.ts'
import { bundle } from './bundle.ts'
import { findPackage, refusal } from './granted-packages.ts'

/** Increase this whenever a change in this package changes the bundle of a package. */
const FORMAT = 1

/** Makes bundles of granted packages and keeps them in a folder, by package and version. */
export class BundleCache {
  readonly #folder: string
  readonly #made = new Map<string, Promise<string>>()

  constructor(folder = defaultFolder()) {
    this.#folder = folder
  }

  /** For each name, the bundle or the reason why there is none. */
  async answer(names: string[], patterns: readonly string[], from: string): Promise<BundleAnswer[]> {
    return Promise.all(
      names.map(async (name) => {
        const refused = refusal(name, patterns)
        if (refused !== undefined) return { name, refused }
        try {
          return { name, source: await this.#source(name, from) }
        } catch (error) {
          return { name, refused: `"${name}" could not be loaded: ${errorText(error).slice(0, 500)}` }
        }
      }),
    )
  }

  #source(name: string, from: string): Promise<string> {
    const found = findPackage(name, from)
    if (found === undefined) throw new InputError(`it is not installed in ${from}`)
    const key = createHash('sha256')
      .update([FORMAT, name, found.version, found.folder].join('\n'))
      .digest('hex')
    const known = this.#made.get(key)
    if (known !== undefined) return known
    const made = this.#load(key, name, from)
    this.#made.set(key, made)
    // Do not keep a failure: the package may be installed later.
    made.catch(() => this.#made.delete(key))
    return made
  }

  async #load(key: string, name: string, from: string): Promise<string> {
    const file = join(this.#folder, `${name.replaceAll('/', '_')}-${key.slice(0, 24)}.js`)
    try {
      return await readFile(file, 'utf8')
    } catch {
      // The bundle does not exist yet or cannot be read. Make it.
    }
    const text = await bundle(name, from)
    await this.#keep(file, text)
    return text
  }

  /** Stores a bundle. If the folder is not writable, the next process makes the bundle again. */
  async #keep(file: string, text: string): Promise<void> {
    const unfinished = `${file}.${randomUUID()}`
    try {
      await mkdir(this.#folder, { recursive: true, mode: 0o700 })
      await writeFile(unfinished, text, { mode: 0o600 })
      await rename(unfinished, file)
    } catch (error) {
      if (!['EACCES', 'EROFS', 'ENOSPC', 'EPERM'].includes((error as { code?: string }).code ?? ''))
        throw error
    }
  }
}

function defaultFolder(): string {
  return join(userCacheDir(), 'bailiwick', 'modules')
}
