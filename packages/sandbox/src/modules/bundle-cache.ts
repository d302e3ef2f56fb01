import { hash, randomUUID } from 'node:crypto'
import { constants, type Stats } from 'node:fs'
import { mkdir, open, rename, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { errorText, InputError } from '@bailiwick/contract/world'
import { userCacheDir } from '@bailiwick/debian'
import type { BundleAnswer } from '../frames/frame.ts'
import { bundle } from './bundle.ts'
import { type FoundPackage, findPackage, refusal } from './granted-packages.ts'

/** Increase this whenever a change in this package changes the bundle of a package, or what may be bundled. */
const FORMAT = 2

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
    if (found === undefined) throw new InputError('it is not installed')
    const key = hash('sha256', JSON.stringify([FORMAT, name, found.version, found.folder]))
    const known = this.#made.get(key)
    if (known !== undefined) return known
    const made = this.#load(key, name, from, found)
    this.#made.set(key, made)
    // Do not keep a failure: the package may be installed later.
    made.catch(() => this.#made.delete(key))
    return made
  }

  async #load(key: string, name: string, from: string, found: FoundPackage): Promise<string> {
    const file = join(this.#folder, `${name.replaceAll('/', '_')}-${key.slice(0, 24)}.js`)
    const kept = await this.#kept(file)
    if (kept !== undefined) return kept
    const text = await bundle(name, from, found)
    await this.#keep(file, text)
    return text
  }

  /** Reads a stored bundle. Undefined if there is none that is whole and that only this user can have written. */
  async #kept(file: string): Promise<string | undefined> {
    try {
      if (!isOwn(await stat(this.#folder))) return undefined
      await using handle = await open(file, constants.O_RDONLY | constants.O_NOFOLLOW)
      if (!isOwn(await handle.stat())) return undefined
      const content = await handle.readFile('utf8')
      const text = content.slice(DIGEST_CHARS)
      return content.startsWith(digestLine(text)) ? text : undefined
    } catch {
      // The bundle does not exist yet or cannot be read.
      return undefined
    }
  }

  /** Stores a bundle. If the folder is not writable, the next process makes the bundle again. */
  async #keep(file: string, text: string): Promise<void> {
    const unfinished = `${file}.${randomUUID()}`
    try {
      await mkdir(this.#folder, { recursive: true, mode: 0o700 })
      await writeFile(unfinished, `${digestLine(text)}${text}`, { mode: 0o600, flag: 'wx' })
      await rename(unfinished, file)
    } catch (error) {
      if (!['EACCES', 'EROFS', 'ENOSPC', 'EPERM'].includes((error as { code?: string }).code ?? ''))
        throw error
    }
  }
}

/** The first line of a stored bundle. A file that a crash or a full disk cut short has another one. */
function digestLine(text: string): string {
  return `//${hash('sha256', text)}\n`
}
const DIGEST_CHARS = digestLine('').length

/** Tells whether nobody but this user can write a file or folder. Windows has no such bits. */
function isOwn({ uid, mode }: Stats): boolean {
  return process.getuid === undefined || (uid === process.getuid() && (mode & 0o022) === 0)
}

function defaultFolder(): string {
  return join(userCacheDir(), 'bailiwick', 'modules')
}
