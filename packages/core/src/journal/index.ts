/** A task's journal, and the states that are folds over it. Safe for browsers. */

export { JournalWriter } from './journal-writer.ts'
export { type MemoryJournal, memoryJournal } from './memory-journal.ts'
export { type AttemptView, foldRunView, type RunView, runStatus } from './run-view.ts'
export { type Activity, foldTaskView, ownUsage, type StepUsage, type TaskView } from './task-view.ts'
export {
  applyRecord,
  type CallState,
  type Chapter,
  foldTaskWorld,
  type StepState,
  stepOf,
  type TaskWorld,
} from './task-world.ts'
export type { EntryOf, ViewEntry } from './view-entry.ts'
