import type { ArtifactRef, Effect, FinalStatus, JournalRecord, Level, Usage } from '@bailiwick/contract'

interface Ending {
  status: FinalStatus
  error?: { code: string; limit?: string | undefined } | undefined
  usage: Usage
  artifacts: ArtifactRef[]
}

/** The fields that views read. A record and its event both have them, so none of them is a text. */
interface ViewFields {
  'run.submitted': { strategy: string; owner: string; agent?: string | undefined }
  'run.planned': { tasks: { name: string; agent: string; after: string[]; inputs: string[] }[] }
  'run.cancel-requested': { by: string }
  'run.decided': { task: string; call: string; decision: 'approve' | 'reject'; by: string }
  'run.ended': Ending
  'task.dispatched': { name: string; task: string; agent: string; attempt: number }
  'task.returned': { name: string; task: string; status: FinalStatus }
  'task.created': {
    task: string
    agent: string
    name: string
    depth: number
    parent?: { agent: string; task: string; call: string } | undefined
    grant: { level: Level }
  }
  'task.started': { attempt: number; host: string }
  'task.waiting': { step: number; calls: string[]; since?: number | undefined }
  'task.ended': Ending
  'step.replied': { step: number; usage: Usage }
  'step.started': { step: number }
  'step.ended': { step: number; status: string }
  'call.started': { step: number; call: string; name: string; effect: Effect }
  'call.ended': { step: number; call: string; ok: boolean; reason?: string | undefined }
  'call.late': { step: number; call: string; ok: boolean; reason?: string | undefined }
  'call.asked': { step: number; call: string; name: string }
  'call.decided': { call: string; decision: 'approve' | 'reject'; by: string }
  'call.withdrawn': { call: string }
}

/**
 * What a view is folded from: a record of a journal, or an event as `{ type, at, ...data }` with its name as the
 * type. Types that are not listed above change no view.
 */
export type ViewEntry =
  | { [T in keyof ViewFields]: { type: T; at: number } & ViewFields[T] }[keyof ViewFields]
  | { type: Exclude<JournalRecord['type'], keyof ViewFields>; at: number }

/** The entries of one type: of records, `EntryOf<JournalRecord, 'task.ended'>` is that record with its texts. */
export type EntryOf<E extends ViewEntry, T extends ViewEntry['type']> = Extract<E, { type: T }>
