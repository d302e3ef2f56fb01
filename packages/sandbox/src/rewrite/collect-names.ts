import type { AnyNode, Identifier, Pattern, Program, VariableDeclaration } from 'acorn'
import { isFunction, unexported, walk } from './walk.ts'

export interface CollectedNames {
  /** Names that outlast the step, with the offset of their first declaration. */
  names: Map<string, number>
  /** Those of the names that are declared with `let` or `var`. */
  variables: Set<string>
  /** `using` declarations. They are disposed of at the end of their step and do not outlast it. */
  local: Set<VariableDeclaration>
  /** All identifiers of the program, with the offset of their first use. */
  identifiers: Map<string, number>
  /** Packages named by `import`, `export … from` and `import()` with a literal. */
  imports: string[]
}

/** Collects the names that a program declares at its top level, including `var` in blocks. */
export function collectNames(program: Program): CollectedNames {
  const names = new Map<string, number>()
  const variables = new Set<string>()
  const local = new Set<VariableDeclaration>()
  const identifiers = new Map<string, number>()
  const imports = new Set<string>()
  const add = (id: Identifier) => {
    if (!names.has(id.name)) names.set(id.name, id.start)
  }
  const declare = (declaration: VariableDeclaration) => {
    if (declaration.kind === 'using' || declaration.kind === 'await using') local.add(declaration)
    else {
      const bound = declaration.declarations.flatMap(({ id }) => boundNames(id))
      for (const id of bound) {
        add(id)
        if (declaration.kind !== 'const') variables.add(id.name)
      }
    }
  }
  for (const statement of program.body) {
    const node = unexported(statement)
    if (node.type === 'VariableDeclaration') declare(node)
    else if (node.type === 'FunctionDeclaration' || node.type === 'ClassDeclaration') {
      if (node.id !== null) add(node.id)
    } else if (node.type === 'ImportDeclaration') {
      for (const specifier of node.specifiers) add(specifier.local)
    }
  }
  walk(program, (node) => {
    if (node.type === 'Identifier') {
      if (!identifiers.has(node.name)) identifiers.set(node.name, node.start)
      return undefined
    }
    const source = moduleName(node)
    if (source !== undefined) imports.add(source)
    return undefined
  })
  walk(program, (node) => {
    if (node.type === 'VariableDeclaration' && node.kind === 'var') declare(node)
    return !isFunction(node)
  })
  return { names, variables, local, identifiers, imports: [...imports] }
}

function moduleName(node: AnyNode): string | undefined {
  if (
    node.type === 'ImportDeclaration' ||
    node.type === 'ImportExpression' ||
    node.type === 'ExportAllDeclaration' ||
    node.type === 'ExportNamedDeclaration'
  ) {
    const { source } = node
    return source?.type === 'Literal' && typeof source.value === 'string' ? source.value : undefined
  }
  return undefined
}

/** The identifiers that a pattern binds. */
export function boundNames(pattern: Pattern): Identifier[] {
  switch (pattern.type) {
    case 'Identifier':
      return [pattern]
    case 'ObjectPattern':
      return pattern.properties.flatMap((property) =>
        boundNames(property.type === 'Property' ? property.value : property.argument),
      )
    case 'ArrayPattern':
      return pattern.elements.flatMap((element) => (element === null ? [] : boundNames(element)))
    case 'AssignmentPattern':
      return boundNames(pattern.left)
    case 'RestElement':
      return boundNames(pattern.argument)
    default:
      return []
  }
}
