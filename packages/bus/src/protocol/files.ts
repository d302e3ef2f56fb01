import { FILE_LIMITS, parseJson, TOKEN, tokenSchema } from '@bailiwick/contract'
import { z } from 'zod'
import { STREAMS } from './places.ts'
import { wireErrorSchema } from './reply.ts'
import { SUBJECTS } from './subjects.ts'

/** Bytes of every chunk of a file except the last. Far below the smallest `max_payload` that Bailiwick accepts. */
export const CHUNK_BYTES = 128 * 1024

/** Bytes of the largest file. */
export const MAX_FILE_BYTES = FILE_LIMITS.file

/** How many digits and letters the random part of a file's key has. */
const ID = /^[0-9a-f]{32}$/

/**
 * Kinds of stored files, which decide who may read them:
 * `file`: a file of a run, by the user that uploaded it or by the toolbox;
 * `call`: a large argument or result of a tool, for the tool's host and the caller;
 * `record`: records that are too large for a journal message, for hosts with that task;
 * `reply`: a large reply, for the user that asked.
 */
const KINDS = ['file', 'call', 'record', 'reply'] as const
export type FileKind = (typeof KINDS)[number]

/**
 * Identifies a stored file. The scope is its run, or for a reply the user that asked. The owner is the user that
 * uploaded it, the tool of a call, or the writer of a journal.
 */
export interface FileKey {
  kind: FileKind
  scope: string
  owner: string
  /** 32 hexadecimal digits. */
  id: string
}

/** The text of a key, as references have it. */
export function formatKey({ kind, scope, owner, id }: FileKey): string {
  return `${kind}/${scope}/${owner}/${id}`
}

/** The key that a reference has; undefined for any other text. */
export function parseKey(text: string): FileKey | undefined {
  const [word, scope = '', owner = '', id = '', ...rest] = text.split('/')
  const kind = KINDS.find((known) => known === word)
  if (kind === undefined || rest.length > 0) return undefined
  return TOKEN.test(scope) && TOKEN.test(owner) && ID.test(id) ? { kind, scope, owner, id } : undefined
}

/** The stream that holds a kind of file. Only the toolbox and the coordinator have rights on it. */
export function fileStream(kind: FileKind): string {
  return kind === 'file' || kind === 'call' ? STREAMS.files : STREAMS.records
}

/** The subject of a chunk. Each has its own, so that any part of a file can be read and repeating a write is harmless. */
export function chunkSubject({ kind, scope, owner, id }: FileKey, index: number): string {
  return SUBJECTS.stored(kind, scope, owner, id, String(index))
}

/** The subject of a file's entry, which is stored when all of its chunks are. */
export function entrySubject({ kind, scope, owner, id }: FileKey): string {
  return SUBJECTS.stored(kind, scope, owner, id, 'entry')
}

/** How many chunks a file of this size has. */
export function chunkCount(size: number): number {
  return Math.ceil(size / CHUNK_BYTES)
}

const keySchema = z.lazy(() =>
  z.string().transform((text, context) => {
    const key = parseKey(text)
    if (key !== undefined) return key
    context.addIssue({ code: 'custom', message: `expected the key of a file, found "${text.slice(0, 80)}"` })
    return z.NEVER
  }),
)

/** What the store knows about a complete file. */
export const fileEntrySchema = z.lazy(() =>
  z.object({
    name: z.string().min(1).max(1_024),
    mediaType: z.string().max(200),
    size: z.number().int().nonnegative().max(MAX_FILE_BYTES),
    sha256: z.string().regex(/^[0-9a-f]{64}$/),
    /** The task that wrote it. */
    task: tokenSchema.exactOptional(),
  }),
)
export type FileEntry = z.infer<typeof fileEntrySchema>

const base = z.lazy(() =>
  z.object({
    key: keySchema,
    /** The open task of the agent for which the caller asks. Absent if a user asks. */
    task: tokenSchema.optional(),
    /** The agent whose call the caller serves. Only if the subject names a tool. */
    agent: tokenSchema.optional(),
  }),
)
const chunkIndex = z.lazy(() => z.number().int().nonnegative().max(chunkCount(MAX_FILE_BYTES)))

/**
 * Requests to the toolbox about files, by operation: `bailiwick.v1.file.<op>.<caller>`. A process that serves calls of a
 * tool adds the tool to the subject. A message is one line of JSON; the bytes of a chunk follow after the line break.
 */
export const FILE_OPS = {
  read: {
    summary: 'Reads a chunk of a file. Its bytes follow the first line of the reply.',
    request: z.lazy(() => base.unwrap().extend({ index: chunkIndex })),
  },
  write: {
    summary: 'Writes a chunk of a new file. Its bytes follow the first line of the request.',
    request: z.lazy(() => base.unwrap().extend({ index: chunkIndex })),
  },
  finish: {
    summary: 'Makes a file visible after its chunks were written, if size and digest are right.',
    request: z.lazy(() => base.unwrap().extend({ entry: fileEntrySchema })),
  },
  remove: {
    summary: 'Deletes a file that is not complete, or that no run has as an input yet.',
    request: base,
  },
} as const

/** The first line of the reply to a request about a file. */
export const fileReplySchema = z.lazy(() =>
  z.union([z.object({ ok: z.literal(true) }), z.object({ ok: z.literal(false), error: wireErrorSchema })]),
)

/** The name of an operation on files. */
export type FileOp = keyof typeof FILE_OPS
/** The request of an operation, parsed. */
export type FileRequest<O extends FileOp = FileOp> = z.output<(typeof FILE_OPS)[O]['request']>

/** The bytes of a message: one line of JSON, and the bytes of a chunk. */
export function encodeFrame(head: object, bytes: Uint8Array = new Uint8Array()): Uint8Array {
  return Buffer.concat([Buffer.from(`${JSON.stringify(head)}\n`), bytes])
}

/** Splits a message. The head is undefined if it is not JSON. */
export function decodeFrame(data: Uint8Array): { head: unknown; bytes: Uint8Array } {
  const end = data.indexOf(10)
  const line = end < 0 ? data : data.subarray(0, end)
  return {
    head: parseJson(new TextDecoder().decode(line)),
    bytes: end < 0 ? new Uint8Array() : data.subarray(end + 1),
  }
}
