import type { ArrowFunctionExpression, Function as FunctionNode, Statement } from 'oxc-parser'
import { type DocComment, parseDoc } from './doc-comment.ts'
import { docBefore, fail, type Placed, type Source } from './source.ts'

/** An exported function with its doc comment. */
export interface FoundFunction {
  name: string
  node: FunctionNode | ArrowFunctionExpression
  doc: DocComment
}

interface Candidate {
  name: string
  node: FunctionNode | ArrowFunctionExpression
  /** The place that its doc comment precedes. */
  at: Placed
}

/**
 * The functions that a file exports under their own names, without those marked `@internal`.
 *
 * @throws DefinitionError for a function without a doc comment, because a model knows a tool by its comment
 */
export function findFunctions(source: Source): FoundFunction[] {
  const exported = source.program.body.flatMap((statement) => exportedBy(statement, source))
  if (exported.length === 0) fail(source, { start: 0 }, 'expected exported functions, found none')
  return exported.flatMap(({ name, node, at }) => {
    const doc = parseDoc(docBefore(source, at) ?? '')
    if (doc.internal) return []
    if (doc.text === '') {
      fail(
        source,
        at,
        `expected a doc comment for ${name}, found none: describe it, or mark it @internal to skip it`,
      )
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
