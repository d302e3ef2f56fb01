/** One task's journal, and the state that is a fold over it. */

export { applyRecord, foldRecords } from './fold-records.ts'
export { JournalWriter } from './journal-writer.ts'
export { type MemoryJournal, memoryJournal } from './memory-journal.ts'
export { outcomeRecord } from './outcome-record.ts'
export { type CallState, type Chapter, type StepState, stepOf, type TaskState } from './task-state.ts'
