import type { CollectedNames } from './collect-names.ts'
import { StepSyntaxError } from './step-syntax-error.ts'

/**
 * Refuses names that a step may not have.
 *
 * @param reserved names that code cannot declare
 * @throws StepSyntaxError
 */
export function checkNames(
  { names, identifiers }: Pick<CollectedNames, 'names' | 'identifiers'>,
  reserved: ReadonlySet<string>,
  source: string,
): void {
  for (const [name, offset] of names) {
    if (!reserved.has(name)) continue
    const why = `\`${name}\` is already defined here and cannot be declared; choose another name`
    throw new StepSyntaxError(why, source, offset)
  }
  // A local variable of this name would switch the guards of `catch` off.
  const own = identifiers.get('$bailiwick')
  if (own !== undefined)
    throw new StepSyntaxError('`$bailiwick` belongs to the sandbox; choose another name', source, own)
}
