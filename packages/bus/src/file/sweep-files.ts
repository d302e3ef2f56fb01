import { setTimeout as sleep } from 'node:timers/promises'
import { readSubmission } from '../access/read-submission.ts'
import type { Bus } from '../connect/bus.ts'
import { type FileKey, type FileKind, fileStream, formatKey } from '../protocol/files.ts'
import { parseStoredSubject, SUBJECTS } from '../protocol/subjects.ts'
import { askerOn } from '../protocol/users.ts'
import { persist } from '../publish/persist.ts'
import { removeFile } from '../store/stored-files.ts'

/** How long a file may be incomplete without progress, and how long a large reply is kept, milliseconds. */
export const MAX_IDLE_MS = 10 * 60_000
/** How long a complete upload may wait for the submission of its run, milliseconds. */
export const MAX_UNSUBMITTED_MS = 24 * 60 * 60_000
/** How often to look for such files, milliseconds. */
const SWEEP_EVERY_MS = 5 * 60_000

/** Options of {@link sweepFiles}. */
export interface SweepOptions {
  /** Default {@link MAX_IDLE_MS}. */
  maxIdleMs?: number
  /** Default {@link MAX_UNSUBMITTED_MS}. */
  maxUnsubmittedMs?: number
  /** Milliseconds between two sweeps. Default: five minutes. */
  sweepEveryMs?: number
}

/**
 * Deletes what clients that died left behind, until aborted: files without an entry, uploads whose run was never
 * submitted, and replies that are too old to be fetched.
 */
export async function sweepFiles(bus: Bus, options: SweepOptions, signal: AbortSignal): Promise<void> {
  const {
    maxIdleMs = MAX_IDLE_MS,
    maxUnsubmittedMs = MAX_UNSUBMITTED_MS,
    sweepEveryMs = SWEEP_EVERY_MS,
  } = options
  // A purge deletes the files of a run too, so a run that was submitted need not be looked up again.
  const submitted = new Set<string>()
  for (;;) {
    for (const kind of ['file', 'call', 'record', 'reply'] as const) {
      for (const { key, isComplete } of await storedFiles(bus, kind, signal)) {
        const mayBeUnused = !isComplete || kind === 'reply' || (isUpload(key) && !submitted.has(key.scope))
        if (!mayBeUnused) continue
        const limit = isComplete && kind === 'file' ? maxUnsubmittedMs : maxIdleMs
        if ((await idleMs(bus, key, signal)) <= limit) continue
        const isUsed =
          isUpload(key) && isComplete && (await readSubmission(bus, key.scope, signal)) !== undefined
        if (isUsed) submitted.add(key.scope)
        else await removeFile(bus, key, signal)
      }
    }
    await sleep(sweepEveryMs, undefined, { signal })
  }
}

/** Whether a user uploaded the file. */
function isUpload({ kind, owner }: FileKey): boolean {
  return kind === 'file' && askerOn({ user: owner }) === owner
}

async function storedFiles(
  bus: Bus,
  kind: FileKind,
  signal: AbortSignal,
): Promise<{ key: FileKey; isComplete: boolean }[]> {
  const filter = SUBJECTS.stored(kind, '*', '*', '*', '*')
  const { state } = await persist(bus, 'listing files', signal, () =>
    bus.jsm.streams.info(fileStream(kind), { subjects_filter: filter }),
  )
  const files = new Map<string, { key: FileKey; isComplete: boolean }>()
  for (const subject of Object.keys(state.subjects ?? {})) {
    const named = parseStoredSubject(subject)
    if (named === undefined) continue
    const { scope, owner, id, part } = named
    const key = { kind, scope, owner, id }
    const known = files.get(formatKey(key))
    files.set(formatKey(key), { key, isComplete: part === 'entry' || (known?.isComplete ?? false) })
  }
  return [...files.values()]
}

/** Milliseconds since something of the file was stored. */
async function idleMs(bus: Bus, { kind, scope, owner, id }: FileKey, signal: AbortSignal): Promise<number> {
  const last_by_subj = SUBJECTS.stored(kind, scope, owner, id, '*')
  const message = await persist(bus, 'looking at a file', signal, () =>
    bus.jsm.streams.getMessage(fileStream(kind), { last_by_subj }),
  )
  return message === null ? 0 : Date.now() - message.time.getTime()
}
