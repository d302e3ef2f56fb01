import type { JsonSchema } from '@bailiwick/contract'
import type { TSType } from 'oxc-parser'
import type { DeclaredType } from './declared-types.ts'
import { fail, type Placed, type Source } from './source.ts'

/** The surroundings of a type that is read. */
export interface TypeScope {
  source: Source
  types: Map<string, DeclaredType>
  /** The declared types around this one. A type that occurs among them contains itself. */
  within: string[]
  /** Reads a part of a type. It is `typeSchema`, passed in because that module imports the readers of parts. */
  read(node: TSType, scope: TypeScope): JsonSchema
  /** The place in an error, such as `parameter country of population`. */
  what: string
}

/** Throws an error that names the place and lists the supported types. */
export function refuse(scope: TypeScope, at: Placed, problem: string): never {
  return fail(
    scope.source,
    at,
    `${scope.what}: ${problem}. Expected string, number, boolean, null, unknown, literals, lists, Record, ` +
      'objects and interfaces of this file, and unions of these; or write the tool with defineTool',
  )
}
