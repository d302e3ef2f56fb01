/** Files of others, loaded: definitions and configurations. Light: nothing else of this package is. */
export { importDefinition } from './import-definition.ts'
export { importFile, type Lent } from './import-file.ts'
