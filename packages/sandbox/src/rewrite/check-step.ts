import type { FunctionDeclaration, Program } from 'acorn'
import type { CollectedNames } from './collect-names.ts'
import { StepSyntaxError } from './step-syntax-error.ts'
import { isFunction, unexported, walk } from './walk.ts'

/**
 * Refuses code that parses but would not run as it reads.
 *
 * @param reserved names that code cannot declare
 * @throws StepSyntaxError
 */
export function checkStep(
  program: Program,
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
  for (const { id } of functionsInBlocks(program)) {
    checkName(id.name, id.start)
    if (names.has(id.name)) {
      refuse(
        `\`${id.name}\` is declared both at the top level and as a function inside a block; choose another name for one`,
        id.start,
      )
    }
  }
}

/** Functions that V8 also declares with `var` in the function around their block, as code that is not strict has it. */
function functionsInBlocks(program: Program): FunctionDeclaration[] {
  const top = new Set(program.body.map(unexported))
  const found: FunctionDeclaration[] = []
  walk(program, (node) => {
    if (node.type === 'FunctionDeclaration' && node.id !== null && !top.has(node)) {
      if (!node.async && !node.generator) found.push(node)
    }
    return !isFunction(node)
  })
  return found
}
