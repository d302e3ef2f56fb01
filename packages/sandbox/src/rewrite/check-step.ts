import type { CollectedNames } from './collect-names.ts'
import { StepSyntaxError } from './step-syntax-error.ts'

/**
 * Refuses code that parses but would not run as it reads.
 *
 * @param reserved names that code cannot declare
 * @throws StepSyntaxError
 */
export function checkStep(
  source: string,
  { names, identifiers }: Pick<CollectedNames, 'names' | 'identifiers'>,
  reserved: ReadonlySet<string>,
): void {
  const refuse = (why: string, offset: number): never => {
    throw new StepSyntaxError(why, source, offset)
  }
  const checkName = (name: string, offset: number) => {
    if (reserved.has(name))
      refuse(`\`${name}\` is already defined here and cannot be declared; choose another name`, offset)
  }
  for (const [name, offset] of names) checkName(name, offset)
  // A local variable of this name would switch the guards of `catch` off.
  const own = identifiers.get('$bailiwick')
  if (own !== undefined) refuse('`$bailiwick` belongs to the sandbox; choose another name', own)
}
