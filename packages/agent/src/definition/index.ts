/** Finds and loads definitions and configurations. Loads none of the agent's own code. */
export { findDefinition } from './find-definition.ts'
export { importDefinition, importFile, type SharedPackages } from './import-file.ts'
