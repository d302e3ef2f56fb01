import { errorText, InputError } from '@bailiwick/contract'
import type { Msg } from '@nats-io/transport-node'
import { requireAccess } from '../access/require-access.ts'
import type { Bus } from '../connect/bus.ts'
import { BusError } from '../errors/bus-error.ts'
import {
  CHUNK_BYTES,
  decodeFrame,
  encodeFrame,
  FILE_OPS,
  type FileEntry,
  type FileOp,
  type FileRequest,
  formatKey,
} from '../protocol/files.ts'
import { INBOX } from '../protocol/places.ts'
import { parseFileSubject, SUBJECTS } from '../protocol/subjects.ts'
import { RateLimit } from '../request/rate-limit.ts'
import { serve } from '../request/serve.ts'
import { MESSAGES_PER_SECOND } from '../request/subscribe-limited.ts'
import {
  digestStored,
  findEntry,
  readChunk,
  removeFile,
  storeChunk,
  storeEntry,
} from '../store/stored-files.ts'
import { OpenUploads } from './open-uploads.ts'
import { type SweepOptions, sweepFiles } from './sweep-files.ts'

/** Options of {@link serveFiles}. */
export interface ServeFilesOptions extends SweepOptions {
  /** Receives problems that no request reports. */
  warn?(message: string): void
  /** Called before a chunk for a run that has not begun is stored. @throws an error if there is no space for it */
  requireSpace?(): void
}

/** Carries out a request. @returns the bytes of the reply, or anything else for none */
type Handlers = {
  [O in FileOp]: (request: FileRequest<O>, bytes: Uint8Array) => Promise<unknown>
}

/**
 * Serves requests about files until disposed, and deletes what unfinished uploads left. Only the toolbox does this. It
 * checks each request against what the coordinator recorded.
 *
 * @example
 * await using files = await serveFiles(bus)
 */
export async function serveFiles(bus: Bus, options: ServeFilesOptions = {}): Promise<AsyncDisposable> {
  const uploads = new OpenUploads()
  const handlers: Handlers = {
    read: ({ key, index }) => readChunk(bus, key, index),
    async write({ key, index, task }, bytes) {
      // What a task writes waits until there is space.
      if (task === undefined) options.requireSpace?.()
      if (bytes.length === 0 || bytes.length > CHUNK_BYTES) {
        throw new InputError(`Expected a chunk of 1 to ${CHUNK_BYTES} bytes, found ${bytes.length}.`)
      }
      await storeChunk(bus, key, index, bytes)
      uploads.add(key, index, bytes)
    },
    async finish({ key, entry }) {
      const complete = await findEntry(bus, key)
      // Another toolbox may have stored a part of it.
      const seen = uploads.take(key)
      const whole = seen?.size === entry.size ? seen : undefined
      const found = complete ?? whole ?? (await digestStored(bus, key, entry.size))
      if (found.size !== entry.size || found.sha256 !== entry.sha256) {
        // Otherwise a caller could have a large file read again and again.
        if (complete === undefined) await removeFile(bus, key)
        throw differs(entry, found)
      }
      if (complete === undefined) await storeEntry(bus, key, entry)
    },
    async remove({ key }) {
      uploads.take(key)
      await removeFile(bus, key)
    },
  }
  const ended = new AbortController()
  const sweeping = sweepFiles(bus, options, ended.signal).catch((error: unknown) => {
    if (!ended.signal.aborted) options.warn?.(`Unfinished uploads are no longer deleted: ${errorText(error)}`)
  })
  await using stack = new AsyncDisposableStack()
  stack.defer(async () => {
    ended.abort()
    await sweeping
  })
  const inOrder = new InOrder()
  const open = new OpenRequests()
  for (const op of ['read', 'write', 'finish', 'remove'] as const) {
    for (const subject of [SUBJECTS.file(op, '*'), SUBJECTS.fileOfCall(op, '*', '*')]) {
      stack.use(await serveOp(bus, subject, { op, handler: handlers[op], inOrder, open }))
    }
  }
  return stack.move()
}

function serveOp<O extends FileOp>(
  bus: Bus,
  subject: string,
  { op, handler, inOrder, open }: { op: O; handler: Handlers[O]; inOrder: InOrder; open: OpenRequests },
): Promise<AsyncDisposable> {
  const carryOut = async (request: FileRequest<O>, message: Msg) => {
    const { key, agent, task } = request
    const { caller, tool } = callerOf(bus, message)
    await requireAccess(bus, { op, key, caller, tool, agent, task })
    return handler(request, decodeFrame(message.data).bytes)
  }
  return serve(bus, {
    subject,
    queue: 'toolbox',
    rateLimit: new RateLimit(MESSAGES_PER_SECOND),
    schema: FILE_OPS[op].request,
    decode: (message) => decodeFrame(message.data).head,
    async handle(request, message) {
      const asked = request as FileRequest<O>
      using _ = open.begin(callerOf(bus, message).caller)
      if (op === 'read') return await carryOut(asked, message)
      // A file changes in the order of the requests, so that nothing is written after a removal.
      return await inOrder.run(formatKey(asked.key), () => carryOut(asked, message))
    },
    encode: (bytes) => encodeFrame({ ok: true }, bytes instanceof Uint8Array ? bytes : undefined),
  })
}

/** Who asks, from the subject, which the server has checked. */
function callerOf(bus: Bus, { subject, reply }: Msg): { caller: string; tool: string | undefined } {
  const { caller = '', tool } = parseFileSubject(subject) ?? {}
  // If processes have their own credentials, reply only to the caller's own inbox: a reply elsewhere would use this
  // process's permissions for the caller.
  if (bus.user === 'toolbox' && !reply?.startsWith(`${INBOX}.${caller}.`)) {
    throw new InputError(`Expected a reply subject in the inbox of ${caller}, found ${reply}.`)
  }
  return { caller, tool }
}

/** The error for a file that differs from its entry, or lacks chunks. */
function differs(entry: FileEntry, found: { size: number; sha256: string }): BusError {
  return new BusError(
    'bad-artifact',
    `Expected ${entry.size} bytes with sha256 ${entry.sha256} for the file ${entry.name}, found ${found.size} bytes with ${found.sha256}. Upload it again.`,
  )
}

/** Requests that one caller may have open: far more than its windows need, so few that their chunks fit into memory. */
const MAX_OPEN_REQUESTS = 256

/** Counts the open requests of each caller, so that none can use up the memory or the time of this process. */
class OpenRequests {
  readonly #counts = new Map<string, number>()

  /** @throws BusError `busy` if the caller has too many */
  begin(caller: string): Disposable {
    const before = this.#counts.get(caller) ?? 0
    if (before >= MAX_OPEN_REQUESTS) {
      throw new BusError(
        'busy',
        `Expected at most ${MAX_OPEN_REQUESTS} open requests for files of ${caller}, found more. Wait for replies.`,
      )
    }
    this.#counts.set(caller, before + 1)
    return {
      [Symbol.dispose]: () => {
        const left = (this.#counts.get(caller) ?? 1) - 1
        if (left === 0) this.#counts.delete(caller)
        else this.#counts.set(caller, left)
      },
    }
  }
}

/** Runs work of the same name one after the other. */
class InOrder {
  readonly #last = new Map<string, Promise<unknown>>()

  run<T>(name: string, work: () => Promise<T>): Promise<T> {
    const before = this.#last.get(name) ?? Promise.resolve()
    const done = before.then(work, work)
    this.#last.set(name, done)
    const forget = () => {
      if (this.#last.get(name) === done) this.#last.delete(name)
    }
    done.then(forget, forget)
    return done
  }
}
