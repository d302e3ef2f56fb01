import { requireAccess } from '../access/require-access.ts'
import type { Bus } from '../connect/bus.ts'
import { type FileEntry, type FileKey, type FileOp, formatKey } from '../protocol/files.ts'
import { askerOn, isPromptReader } from '../protocol/users.ts'
import { readChunk, removeFile, storeChunk, storeEntry } from '../store/stored-files.ts'
import { requestFile } from './request-file.ts'

/**
 * The caller that a request for a file names: a user or reader, a host with an open task of its agent, or a tool host
 * with a call that belongs to an open task.
 */
export type FileCaller =
  | { user: string }
  | { agent: string; task: string }
  | { host: string; tool: string; agent: string; task: string }

/** Options of operations on files. */
export interface FileOptions {
  /** Default: the user of the connection. The toolbox and the coordinator need none, and may then do everything. */
  as?: FileCaller
  signal?: AbortSignal
  /** How long the toolbox may be away, milliseconds. Default 30,000 (`MAX_TOOLBOX_AWAY_MS`). */
  maxAwayMs?: number
}

/** Reads and writes stored files, chunk by chunk. */
export interface FileAccess {
  /** @throws BusError `bad-artifact` if the file is gone */
  read(key: FileKey, index: number): Promise<Uint8Array>
  write(key: FileKey, index: number, bytes: Uint8Array): Promise<void>
  /** Makes the file visible. The toolbox throws BusError `bad-artifact` if it differs from the entry. */
  finish(key: FileKey, entry: FileEntry): Promise<void>
  remove(key: FileKey): Promise<void>
}

/**
 * The files as this process may reach them: by request to the toolbox, or directly in the toolbox and the coordinator.
 * With `as`, the toolbox checks that caller's rights before it acts for it.
 */
export function fileAccess(bus: Bus, options: FileOptions): FileAccess {
  const { as, signal } = options
  if (!bus.storesFiles) return requestedAccess(bus, as ?? connectedCaller(bus), options)
  const known = new Set<string>()
  const check = async (op: FileOp, key: FileKey) => {
    if (as !== undefined) await requireAccess(bus, { op, key, ...callerFields(as) })
  }
  return {
    async read(key, index) {
      await check('read', key)
      const name = formatKey(key)
      const chunk = await readChunk(bus, key, index, { signal, isKnown: known.has(name) })
      known.add(name)
      return chunk
    },
    async write(key, index, bytes) {
      await check('write', key)
      await storeChunk(bus, key, index, bytes, signal)
    },
    async finish(key, entry) {
      await check('finish', key)
      // This process has computed the digest of what it stored.
      await storeEntry(bus, key, entry, signal)
    },
    async remove(key) {
      await check('remove', key)
      await removeFile(bus, key)
    },
  }
}

function requestedAccess(bus: Bus, as: FileCaller, { signal, maxAwayMs }: FileOptions): FileAccess {
  const { caller, tool, ...claimed } = callerFields(as)
  const sender = {
    caller,
    ...(tool !== undefined && { tool }),
    ...(maxAwayMs !== undefined && { maxAwayMs }),
  }
  const ask = (op: FileOp, key: FileKey, head: object = {}, bytes?: Uint8Array) =>
    requestFile(bus, sender, { op, key, head: { ...claimed, ...head }, bytes }, signal)
  return {
    read: (key, index) => ask('read', key, { index }),
    async write(key, index, bytes) {
      await ask('write', key, { index }, bytes)
    },
    async finish(key, entry) {
      await ask('finish', key, { entry })
    },
    async remove(key) {
      // Sent also after an abort: this is how an aborted upload leaves nothing behind.
      const brief = { ...sender, maxAwayMs: REMOVE_AWAY_MS }
      await requestFile(bus, brief, { op: 'remove', key, head: claimed }, AbortSignal.timeout(REMOVE_MS))
    },
  }
}

/** How long a removal may take, milliseconds. If it fails, the toolbox deletes the incomplete file later. */
const REMOVE_MS = 5_000
/** A removal does not wait for a toolbox that is away for longer, milliseconds. */
const REMOVE_AWAY_MS = 500

/** The user of a connection, as the toolbox knows it. */
function connectedCaller(bus: Bus): FileCaller {
  const isReader = bus.user !== undefined && isPromptReader(bus.user)
  return { user: isReader ? (bus.user ?? '') : askerOn(bus) }
}

/** A caller as the fields of a request. */
function callerFields(as: FileCaller): { caller: string; tool?: string; agent?: string; task?: string } {
  if ('user' in as) return { caller: as.user }
  const { task } = as
  return 'tool' in as ? { caller: as.host, tool: as.tool, agent: as.agent, task } : { caller: as.agent, task }
}
