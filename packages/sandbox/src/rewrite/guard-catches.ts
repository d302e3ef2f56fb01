import type { Program } from 'acorn'
import type { SourceEdit } from './source-edit.ts'
import { walk } from './walk.ts'

/**
 * Every `catch` lets a final answer pass, and every `import()` asks the sandbox. Both in functions
 * too: they are edits that keep to their place.
 */
export function guardCatches(edit: SourceEdit, program: Program): void {
  walk(program, (node) => {
    if (node.type === 'ImportExpression')
      edit.replace(node.start, node.start + 'import'.length, '$bailiwick.import')
    if (node.type !== 'CatchClause') return undefined
    const { param, body } = node
    if (param === null || param === undefined) {
      edit.insert(body.start, '($caught)')
      edit.insert(body.start + 1, '$bailiwick.caught($caught);')
    } else if (param.type === 'Identifier') {
      edit.insert(body.start + 1, `$bailiwick.caught(${param.name});`)
    } else {
      // A pattern would be taken apart before we could look at what was thrown.
      edit.insert(param.start, '$caught){$bailiwick.caught($caught);let ')
      edit.replace(param.end, body.start + 1, '=$caught;{')
      edit.insert(body.end, '}')
    }
    return undefined
  })
}
