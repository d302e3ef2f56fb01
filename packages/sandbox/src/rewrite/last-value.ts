import type { ModuleDeclaration, Program, Statement } from 'acorn'
import type { SourceEdit } from './source-edit.ts'
import { isFunction, unexported, walk } from './walk.ts'

/**
 * Stores the value of the program's last statement in `name`, also inside `if`, loops, blocks and `try`. Wraps
 * returned values in an object: otherwise the step's promise would read their `then` and run getters.
 */
export function markLastValue(edit: SourceEdit, program: Program, name: string): void {
  markList(edit, program.body, name)
  walk(program, (node) => {
    if (node.type === 'ReturnStatement' && node.argument) {
      edit.wrap(node.argument.start, node.argument.end, '{__proto__:null,value:(', ')}')
    }
    return !isFunction(node)
  })
}

function markList(
  edit: SourceEdit,
  statements: readonly (Statement | ModuleDeclaration)[],
  name: string,
): void {
  const last = statements.findLast((statement) => {
    const { type } = unexported(statement)
    return type !== 'EmptyStatement' && type !== 'FunctionDeclaration'
  })
  if (last !== undefined) mark(edit, last, name)
}

function mark(edit: SourceEdit, node: Statement | ModuleDeclaration, name: string): void {
  switch (node.type) {
    case 'ExpressionStatement':
      edit.wrap(node.expression.start, node.expression.end, `${name}=(`, ')')
      break
    case 'ExportDefaultDeclaration':
      if (unexported(node) === node) edit.wrap(node.declaration.start, node.declaration.end, `${name}=(`, ')')
      break
    case 'BlockStatement':
      markList(edit, node.body, name)
      break
    case 'IfStatement':
      mark(edit, node.consequent, name)
      if (node.alternate) mark(edit, node.alternate, name)
      break
    case 'ForStatement':
    case 'ForInStatement':
    case 'ForOfStatement':
    case 'WhileStatement':
    case 'DoWhileStatement':
    case 'LabeledStatement':
      mark(edit, node.body, name)
      break
    case 'TryStatement':
      markList(edit, node.block.body, name)
      if (node.handler) markList(edit, node.handler.body.body, name)
      break
    case 'SwitchStatement':
      for (const branch of node.cases) markList(edit, branch.consequent, name)
      break
    default:
  }
}
