import type {
  ClassDeclaration,
  FunctionDeclaration,
  ImportDeclaration,
  Program,
  VariableDeclaration,
} from 'acorn'
import type { SourceEdit } from './source-edit.ts'
import { marked } from './source-marks.ts'
import { isFunction, unexported, walk } from './walk.ts'

interface Range {
  start: number
  end: number
}

/** Assignments that must move to the start of the step. */
export interface Moved {
  hoisted: (Range & { name: string })[]
  imports: Range[]
}

/**
 * Turns top-level declarations into assignments to variables that are declared elsewhere. A function becomes
 * `name=function(…){…}`, because with its name it would call itself even after a later step redefined it. A mark keeps
 * the name for `toString`.
 */
export function makeGlobal(
  edit: SourceEdit,
  program: Program,
  local: ReadonlySet<VariableDeclaration>,
): Moved {
  const moved: Moved = { hoisted: [], imports: [] }
  const inLoopHead = loopHeads(program)
  for (const statement of program.body) {
    const node = unexported(statement)
    if (statement.type === 'ExportDefaultDeclaration') {
      const { start, declaration } = statement
      edit.replace(start, declaration.start, '')
      if (node === statement) edit.wrap(start, declaration.end, ';(', ');')
    } else if (statement.type === 'ImportDeclaration') {
      importAssignment(edit, statement)
      moved.imports.push({ start: statement.start, end: statement.end })
    } else if (statement.type === 'ExportNamedDeclaration' || statement.type === 'ExportAllDeclaration') {
      const inner = statement.type === 'ExportNamedDeclaration' ? statement.declaration : null
      edit.replace(statement.start, inner?.start ?? statement.end, '')
    }
    if (node.type === 'FunctionDeclaration' && node.id !== null) {
      functionAssignment(edit, node)
      moved.hoisted.push({ start: statement.start, end: statement.end, name: node.id.name })
    } else if (node.type === 'ClassDeclaration' && node.id !== null) classAssignment(edit, node)
    else if (node.type === 'VariableDeclaration' && node.kind !== 'var' && !local.has(node)) {
      variableAssignment(edit, node, false)
    }
  }
  walk(program, (node) => {
    if (node.type === 'VariableDeclaration' && node.kind === 'var')
      variableAssignment(edit, node, inLoopHead.has(node))
    return !isFunction(node)
  })
  return moved
}

/** Declarations in `for (var x of …)` and `for (var i = 0; …)`. They are not statements: they need no `;` and no initial value. */
function loopHeads(program: Program): Set<VariableDeclaration> {
  const heads = new Set<VariableDeclaration>()
  walk(program, (node) => {
    const head =
      node.type === 'ForStatement'
        ? node.init
        : node.type === 'ForOfStatement' || node.type === 'ForInStatement'
          ? node.left
          : null
    if (head?.type === 'VariableDeclaration') heads.add(head)
    return undefined
  })
  return heads
}

function functionAssignment(edit: SourceEdit, node: FunctionDeclaration): void {
  const { name, start, end } = node.id
  edit.insert(node.start, `${name}=`)
  edit.replace(start, end, marked(edit.source.slice(start, end), ''))
}

function classAssignment(edit: SourceEdit, node: ClassDeclaration): void {
  edit.insert(node.start, `${node.id.name}=`)
  edit.close(node.end, ';')
}

function variableAssignment(edit: SourceEdit, node: VariableDeclaration, inHead: boolean): void {
  const [first] = node.declarations
  const last = node.declarations.at(-1)
  if (first === undefined || last === undefined) return
  // The parentheses make `{ a } = …` a pattern instead of a block, and the whole an expression.
  const single = inHead && node.declarations.length === 1 && !first.init
  edit.replace(node.start, first.start, single ? '' : inHead ? '(' : ';(')
  for (const declarator of node.declarations) {
    if (!declarator.init && !inHead && node.kind !== 'var') edit.close(declarator.end, '=void 0')
    else if (!declarator.init && node.kind === 'var' && !inHead && declarator.id.type !== 'Identifier') {
      edit.close(declarator.end, '=void 0')
    }
  }
  if (!single) edit.close(last.end, ')')
}

function importAssignment(edit: SourceEdit, node: ImportDeclaration): void {
  const source = `$bailiwick.module(${JSON.stringify(node.source.value)})`
  const namespace = node.specifiers.find((specifier) => specifier.type === 'ImportNamespaceSpecifier')
  const parts = node.specifiers.flatMap((specifier) => {
    if (specifier.type === 'ImportDefaultSpecifier') return [`default:${specifier.local.name}`]
    if (specifier.type === 'ImportNamespaceSpecifier') return []
    const { imported } = specifier
    const name = imported.type === 'Identifier' ? imported.name : JSON.stringify(imported.value)
    return [`${name}:${specifier.local.name}`]
  })
  const named = parts.length > 0 ? `({${parts.join(',')}}=${source})` : ''
  const whole = namespace === undefined ? '' : `${namespace.local.name}=${source}`
  edit.replace(node.start, node.end, [whole, named].filter((text) => text !== '').join(',') || source)
}
