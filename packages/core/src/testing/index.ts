/** Test doubles for whoever writes agents. */
export * from './memory-journal.ts'
export * from './scripted-model.ts'
