import { createHash, type Hash } from 'node:crypto'
import { type FileHandle, open, rename, rm } from 'node:fs/promises'
import type { StreamSnapshot } from '@bailiwick/bus'
import { errorText, InputError, parseJson } from '@bailiwick/contract'
import { Header } from 'tar'
import { z } from 'zod'

/** Version of the file's layout. A reader refuses a later one. */
const LAYOUT = 1
/** Headers and contents of a tar archive fill whole blocks. */
const BLOCK_BYTES = 512
/** Far above any part of a snapshot. */
const MAX_ENTRY_BYTES = 64 * 1024 * 1024
const FIRST = 'backup.json'
const LAST = 'complete.json'

const firstSchema = z.object({
  v: z.number().int(),
  /** Version of Bailiwick that wrote the file. */
  bailiwick: z.string(),
  /** Unix milliseconds. */
  createdAt: z.number(),
})
const streamSchema = z.object({
  name: z.string(),
  parts: z.number().int(),
  bytes: z.number(),
  /** Hex digest of all parts together. */
  sha256: z.string(),
})
const lastSchema = z.object({ streams: z.array(streamSchema) })

/** A stream in a backup. */
export type BackedUpStream = z.infer<typeof streamSchema>

/** What a complete backup contains. */
export interface BackupContents extends z.infer<typeof firstSchema> {
  streams: BackedUpStream[]
}

/**
 * Writes a backup: a tar archive with a snapshot of each stream. The file appears under its name only when it is
 * complete. It contains prompts, code and results, so only its owner can read it.
 */
export class BackupWriter implements AsyncDisposable {
  readonly #file: string
  readonly #draft: string
  readonly #handle: FileHandle
  readonly #streams: BackedUpStream[] = []

  private constructor(file: string, draft: string, handle: FileHandle) {
    this.#file = file
    this.#draft = draft
    this.#handle = handle
  }

  /** @param version of Bailiwick */
  static async open(file: string, version: string): Promise<BackupWriter> {
    const draft = `${file}.${process.pid}.part`
    const writer = new BackupWriter(file, draft, await open(draft, 'wx', 0o600))
    await writer.#add(FIRST, JSON.stringify({ v: LAYOUT, bailiwick: version, createdAt: Date.now() }))
    return writer
  }

  /** @param wrote is called with the number of bytes written for this stream so far */
  async addStream(snapshot: StreamSnapshot, wrote: (bytes: number) => void): Promise<void> {
    const { config, state } = snapshot
    await this.#add(`${config.name}/stream.json`, JSON.stringify({ config, state }))
    const hash = createHash('sha256')
    let [parts, bytes] = [0, 0]
    for await (const part of snapshot.parts) {
      parts += 1
      bytes += part.length
      hash.update(part)
      await this.#add(`${config.name}/${String(parts).padStart(7, '0')}`, part)
      wrote(bytes)
    }
    this.#streams.push({ name: config.name, parts, bytes, sha256: hash.digest('hex') })
  }

  /** Writes the end of the file, and gives it its name. @returns what it contains */
  async finish(): Promise<BackedUpStream[]> {
    await this.#add(LAST, JSON.stringify({ streams: this.#streams }))
    // A tar archive ends with two empty blocks.
    await this.#handle.writeFile(Buffer.alloc(2 * BLOCK_BYTES))
    await this.#handle.sync()
    await rename(this.#draft, this.#file)
    return this.#streams
  }

  async #add(path: string, content: string | Uint8Array): Promise<void> {
    const bytes = Buffer.from(content)
    const header = new Header({ path, size: bytes.length, mode: 0o600, mtime: new Date(), type: 'File' })
    header.encode()
    const padding = Buffer.alloc((BLOCK_BYTES - (bytes.length % BLOCK_BYTES)) % BLOCK_BYTES)
    await this.#handle.writeFile(Buffer.concat([header.block ?? Buffer.alloc(0), bytes, padding]))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#handle.close()
    await rm(this.#draft, { force: true })
  }
}

/**
 * Reads a whole backup and checks that it is complete and unchanged.
 *
 * @throws InputError if it is not
 */
export async function checkBackup(file: string): Promise<BackupContents> {
  const read = new Map<string, Omit<BackedUpStream, 'sha256'> & { hash: Hash }>()
  let first: z.infer<typeof firstSchema> | undefined
  let last: z.infer<typeof lastSchema> | undefined
  for await (const { path, bytes } of readEntries(file)) {
    if (first === undefined) first = readFirst(file, path, bytes)
    else if (path === LAST) last = lastSchema.safeParse(parseJson(bytes.toString())).data
    else if (!path.endsWith('/stream.json')) {
      const name = path.slice(0, path.indexOf('/'))
      const stream = read.get(name) ?? { name, parts: 0, bytes: 0, hash: createHash('sha256') }
      stream.parts += 1
      stream.bytes += bytes.length
      stream.hash.update(bytes)
      read.set(name, stream)
    }
  }
  if (first === undefined || last === undefined) {
    throw damaged(file, 'its end is missing')
  }
  for (const { name, parts, bytes, sha256 } of last.streams) {
    const found = read.get(name)
    const isWhole =
      found === undefined
        ? parts === 0
        : found.parts === parts && found.bytes === bytes && found.hash.digest('hex') === sha256
    if (!isWhole) throw damaged(file, `stream ${name} differs from what was written`)
  }
  return { ...first, streams: last.streams }
}

/** The streams of a backup, in order. Read the parts of each before the next one. */
export async function* readBackup(file: string): AsyncGenerator<StreamSnapshot> {
  const entries = readEntries(file)
  const { done, value } = await nextStream(entries)
  let header = done ? undefined : value
  while (header !== undefined) {
    const { config, state }: Pick<StreamSnapshot, 'config' | 'state'> = JSON.parse(header.bytes.toString())
    let following: Entry | undefined
    async function* parts() {
      for (;;) {
        const next = await entries.next()
        if (next.done) return
        if (!/\/\d+$/.test(next.value.path)) {
          following = next.value
          return
        }
        yield next.value.bytes
      }
    }
    yield { config, state, parts: parts() }
    header = following?.path.endsWith('/stream.json') ? following : undefined
  }
}

async function nextStream(entries: AsyncGenerator<Entry>): Promise<IteratorResult<Entry>> {
  for (;;) {
    const next = await entries.next()
    if (next.done || next.value.path.endsWith('/stream.json')) return next
  }
}

interface Entry {
  path: string
  bytes: Buffer
}

async function* readEntries(file: string): AsyncGenerator<Entry> {
  await using handle = await open(file).catch((error: unknown) => {
    throw new InputError(`Expected a backup in ${file}: ${errorText(error)}.`)
  })
  for (;;) {
    const block = await readBytes(handle, BLOCK_BYTES)
    if (block.length === 0) return
    const header = block.length === BLOCK_BYTES ? new Header(block) : undefined
    if (header?.nullBlock) return
    if (!header?.cksumValid || header.path === undefined) throw damaged(file, 'it is no tar archive')
    const { path, size = 0 } = header
    if (size > MAX_ENTRY_BYTES) throw damaged(file, `${path} has ${size} bytes`)
    const bytes = await readBytes(handle, Math.ceil(size / BLOCK_BYTES) * BLOCK_BYTES)
    if (bytes.length < size) throw damaged(file, 'its end is missing')
    yield { path, bytes: bytes.subarray(0, size) }
  }
}

/** Reads as many bytes, or fewer at the end of the file. */
async function readBytes(handle: FileHandle, count: number): Promise<Buffer> {
  const bytes = Buffer.alloc(count)
  let length = 0
  while (length < count) {
    const { bytesRead } = await handle.read(bytes, length, count - length)
    if (bytesRead === 0) break
    length += bytesRead
  }
  return bytes.subarray(0, length)
}

function readFirst(file: string, path: string, bytes: Buffer): z.infer<typeof firstSchema> {
  const first = path === FIRST ? firstSchema.safeParse(parseJson(bytes.toString())).data : undefined
  if (first === undefined) throw damaged(file, 'it does not begin like one')
  if (first.v > LAYOUT) {
    throw new InputError(
      `Expected a backup of layout ${LAYOUT} or older, found layout ${first.v} in ${file}. Restore it with Bailiwick ${first.bailiwick} or later.`,
    )
  }
  return first
}

function damaged(file: string, reason: string): InputError {
  return new InputError(`Expected a complete backup in ${file}, found a damaged one: ${reason}.`)
}
