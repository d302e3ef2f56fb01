import type { AnyNode, ModuleDeclaration, Node, Statement } from 'acorn'

/** Calls `visit` for a node and all nodes below it. If `visit` returns false, skips the children of that node. */
export function walk(node: Node, visit: (node: AnyNode) => boolean | undefined): void {
  // Without recursion, because code may be deeply nested.
  const stack: Node[] = [node]
  for (let next = stack.pop(); next !== undefined; next = stack.pop()) {
    if (visit(next as AnyNode) === false) continue
    const children: Node[] = []
    for (const key in next) {
      const value: unknown = next[key as keyof Node]
      if (Array.isArray(value)) children.push(...value.filter(isNode))
      else if (isNode(value)) children.push(value)
    }
    // The last of the stack comes first, and nodes are visited in source order.
    for (let index = children.length - 1; index >= 0; index -= 1) stack.push(children[index] as Node)
  }
}

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && typeof (value as Node).type === 'string'
}

/** Tells whether a node begins a new scope for `var` and `await`. */
export function isFunction(node: AnyNode): boolean {
  return (
    node.type === 'FunctionDeclaration' ||
    node.type === 'FunctionExpression' ||
    node.type === 'ArrowFunctionExpression' ||
    node.type === 'StaticBlock'
  )
}

/** The declaration that a statement exports, or the statement itself. */
export function unexported(statement: Statement | ModuleDeclaration): AnyNode {
  if (statement.type === 'ExportNamedDeclaration') return statement.declaration ?? statement
  if (statement.type !== 'ExportDefaultDeclaration') return statement
  const { declaration } = statement
  const declares = declaration.type === 'FunctionDeclaration' || declaration.type === 'ClassDeclaration'
  // Without a name, it is only a value.
  return declares && declaration.id !== null ? declaration : statement
}
