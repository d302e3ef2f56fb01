import type { JsonSchema } from '@bailiwick/contract'
import type { TSType } from 'oxc-parser'
import type { DeclaredType } from './declared-types.ts'
import { fail, type Placed, type Source } from './source.ts'

/** What a type is read within. */
export interface TypeScope {
  source: Source
  types: Map<string, DeclaredType>
  /** Declared types that are being read: one that comes up again contains itself. */
  within: string[]
  /** Reads a part of a type: `typeSchema`, which imports the readers of parts and so is handed to them. */
  read(node: TSType, scope: TypeScope): JsonSchema
  /** What to blame: `parameter "country" of population`. */
  what: string
}

/** Throws, naming what the type is of and what may be written instead. */
export function refuse(scope: TypeScope, at: Placed, problem: string): never {
  return fail(
    scope.source,
    at,
    `${scope.what}: ${problem}. Wanted string, number, boolean, null, unknown, literals, lists, Record, ` +
      'objects and interfaces of this file, and unions of these; or write the tool with defineTool',
  )
}
