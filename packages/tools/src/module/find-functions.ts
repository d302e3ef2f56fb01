import type { ArrowFunctionExpression, Function as FunctionNode, Statement } from 'oxc-parser'
import { type DocComment, parseDoc } from './doc-comment.ts'
import { docBefore, fail, type Placed, type Source } from './source.ts'

/** An exported function, with what is written above it. */
export interface FoundFunction {
  name: string
  node: FunctionNode | ArrowFunctionExpression
  doc: DocComment
}

interface Candidate {
  name: string
  node: FunctionNode | ArrowFunctionExpression
  /** Where its doc comment would stand before. */
  at: Placed
}

/**
 * The functions that a file exports under a name of its own. Those with `@internal` are left out.
 * @throws DefinitionError for one without a doc comment: the model knows a tool by it.
 */
export function findFunctions(source: Source): FoundFunction[] {
  const exported = source.program.body.flatMap((statement) => exportedBy(statement, source))
  if (exported.length === 0) fail(source, { start: 0 }, 'wanted exported functions, found none')
  return exported.flatMap(({ name, node, at }) => {
    const doc = parseDoc(docBefore(source, at) ?? '')
    if (doc.internal) return []
    if (doc.text === '') {
      fail(source, at, `${name} has no doc comment: say what it does, or mark it @internal to leave it out`)
    }
    return [{ name, node, doc }]
  })
}

function exportedBy(statement: Statement, source: Source): Candidate[] {
  if (statement.type !== 'ExportNamedDeclaration') return []
  if (statement.source !== null) return []
  if (statement.declaration !== null) return declaredBy(statement.declaration, statement)
  const names = new Set(
    statement.specifiers.flatMap(({ local, exported }) =>
      local.type === 'Identifier' && exported.type === 'Identifier' && local.name === exported.name
        ? [local.name]
        : [],
    ),
  )
  return source.program.body
    .flatMap((other) => declaredBy(other, other))
    .filter(({ name }) => names.has(name))
}

type Declaring = { type: string } & Placed

function declaredBy(node: Declaring | Statement, at: Placed): Candidate[] {
  const statement = node as Statement
  if (statement.type === 'FunctionDeclaration') {
    return statement.id === null ? [] : [{ name: statement.id.name, node: statement, at }]
  }
  if (statement.type !== 'VariableDeclaration') return []
  return statement.declarations.flatMap(({ id, init }) =>
    id.type === 'Identifier' &&
    (init?.type === 'ArrowFunctionExpression' || init?.type === 'FunctionExpression')
      ? [{ name: id.name, node: init, at }]
      : [],
  )
}
