import type { Program } from 'acorn'
import type { SourceEdit } from './source-edit.ts'
import { marked } from './source-marks.ts'
import { walk } from './walk.ts'

/** White space and comments. */
const GAP = /(?:\s|\/\/.*|\/\*[\s\S]*?\*\/)*/y

/**
 * Makes every `catch` rethrow a final answer, also inside functions.
 *
 * @param caught a name that the program does not use
 */
export function guardCatches(edit: SourceEdit, program: Program, caught: string): void {
  walk(program, (node) => {
    if (node.type !== 'CatchClause') return undefined
    const { param, body } = node
    if (param === null || param === undefined) {
      edit.insert(body.start, marked('', `(${caught})`))
      edit.insert(body.start + 1, marked('', `$bailiwick.caught(${caught});`))
    } else if (param.type === 'Identifier') {
      edit.insert(body.start + 1, marked('', `$bailiwick.caught(${param.name});`))
    } else {
      // Check the thrown value before the pattern reads its properties: `catch ($caught) { …; let { a } = $caught; { … } }`.
      edit.insert(param.start, marked('', `${caught}){$bailiwick.caught(${caught});let `))
      GAP.lastIndex = param.end
      GAP.test(edit.source)
      edit.replace(GAP.lastIndex, GAP.lastIndex + 1, marked(')', `=${caught};`))
      edit.close(body.end, marked('', '}'))
    }
    return undefined
  })
}
