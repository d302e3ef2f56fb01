/** Files of others, found and loaded: definitions and configurations. Light: it loads nothing of the agent. */
export { findDefinition } from './find-definition.ts'
export { importDefinition } from './import-definition.ts'
export { importFile, type Lent } from './import-file.ts'
