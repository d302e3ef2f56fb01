import type { JournalRecord } from './journal.ts'
import type { Level } from './level.ts'

/** The task that an event comes from. */
export interface EventOrigin {
  run: string
  task: string
  agent: string
  level: Level
}

/**
 * An event of a task in this process. The `record` events are the task's journal; `text`, `thinking`, `print` and
 * `waiting` are for display and are not stored.
 */
export type AgentEvent = EventOrigin &
  (
    | { type: 'record'; record: JournalRecord }
    | { type: 'text'; step: number; text: string }
    | { type: 'thinking'; step: number; text: string }
    | { type: 'print'; step: number; line: string }
    /** The model is asked again, or a tool called again, after so many milliseconds. The text says why. */
    | { type: 'waiting'; step: number; text: string; ms: number }
  )
