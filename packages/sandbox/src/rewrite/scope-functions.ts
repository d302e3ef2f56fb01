import type { Program, Statement } from 'acorn'
import type { SourceEdit } from './source-edit.ts'
import { StepSyntaxError } from './step-syntax-error.ts'
import { isFunction, walk } from './walk.ts'

/**
 * Keeps a function in a block local to its block, as in a module: `{let f;{ function f() {} }}`. Otherwise V8 would
 * also declare it with `var` around the step, where it would hide a variable of an earlier step.
 *
 * @throws StepSyntaxError for a function directly inside `case`, which has no braces of its own
 */
export function scopeFunctions(edit: SourceEdit, program: Program): void {
  walk(program, (node) => {
    if (node.type === 'BlockStatement') {
      const names = functionsOf(node.body).map(({ name }) => name)
      if (names.length > 0) edit.wrap(node.start + 1, node.end - 1, `let ${names.join()};{`, '}')
    } else if (node.type === 'SwitchCase') {
      const [first] = functionsOf(node.consequent)
      if (first !== undefined) {
        const why = `\`${first.name}\` is declared directly inside \`case\`; put braces around the statements of the case`
        throw new StepSyntaxError(why, edit.source, first.start)
      }
    }
    return !isFunction(node)
  })
}

/** The names of functions that V8 would also declare with `var`: async functions and generators are not among them. */
function functionsOf(statements: readonly Statement[]): { name: string; start: number }[] {
  return statements.flatMap((statement) =>
    statement.type === 'FunctionDeclaration' && !statement.async && !statement.generator
      ? [statement.id]
      : [],
  )
}
