import type { JournalRecord } from './journal.ts'
import type { Level } from './level.ts'

/** Where an event comes from. */
export interface EventOrigin {
  run: string
  task: string
  agent: string
  level: Level
}

/**
 * What happens in a task, in order. `record` events are exactly the task's journal; `text`,
 * `thinking` and `print` are live only: shown, never stored.
 */
export type AgentEvent = EventOrigin &
  (
    | { type: 'record'; record: JournalRecord }
    | { type: 'text'; step: number; text: string }
    | { type: 'thinking'; step: number; text: string }
    | { type: 'print'; step: number; line: string }
  )
