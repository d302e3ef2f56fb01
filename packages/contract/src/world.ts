/**
 * The part of the contract that a sandbox needs, without schemas, because zod would take a quarter of the memory of a
 * process that only runs code.
 */

export * from './error-text.ts'
export * from './errors/bailiwick-error.ts'
export * from './errors/definition-error.ts'
export * from './errors/diverged-error.ts'
export * from './errors/input-error.ts'
export * from './errors/sandbox-error.ts'
export * from './file-advice.ts'
export * from './file-limits.ts'
export * from './format-bytes.ts'
export type { CallFailure, CallOutcome, CallRequest, CallWait } from './gate.ts'
export type { JsonSchema } from './json.ts'
export * from './media-type.ts'
export * from './nearest-names.ts'
export * from './parse-json.ts'
export * from './reserved-names.ts'
export * from './sandbox.ts'
export * from './sandbox-limits.ts'
export * from './table-format.ts'
export * from './value.ts'
export * from './visible-text.ts'
