import type { AnyNode, Node } from 'acorn'

/** Calls `visit` for a node and all nodes below it. If `visit` returns false, skips the children of that node. */
export function walk(node: Node, visit: (node: AnyNode) => boolean | undefined): void {
  const stack: Node[] = [node]
  for (let next = stack.pop(); next !== undefined; next = stack.pop()) {
    if (visit(next as AnyNode) === false) continue
    const children: Node[] = []
    for (const value of Object.values(next)) {
      if (Array.isArray(value)) children.push(...value.filter(isNode))
      else if (isNode(value)) children.push(value)
    }
    // Visit in source order and without recursion, because code may be deeply nested.
    for (const child of children.reverse()) stack.push(child)
  }
}

export function isNode(value: unknown): value is Node {
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
