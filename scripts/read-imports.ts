import { parseSync } from 'oxc-parser'

export interface SourceImport {
  specifier: string
  /** Character offset in the source. */
  start: number
  /** An `import()` expression. */
  dynamic: boolean
  /** `import type`, or every name in it is a type: gone after compilation. */
  typeOnly: boolean
}

/** Every module that a TypeScript source names, with how it names it. */
export function readImports(file: string, source: string): SourceImport[] {
  const { module } = parseSync(file, source)
  const imports: SourceImport[] = module.staticImports.map((statement) => ({
    specifier: statement.moduleRequest.value,
    start: statement.start,
    dynamic: false,
    typeOnly: statement.entries.length > 0 && statement.entries.every((entry) => entry.isType),
  }))
  for (const statement of module.staticExports) {
    const [from] = statement.entries.flatMap((entry) => entry.moduleRequest ?? [])
    if (from === undefined) continue
    const typeOnly = statement.entries.every((entry) => entry.isType)
    imports.push({ specifier: from.value, start: statement.start, dynamic: false, typeOnly })
  }
  for (const expression of module.dynamicImports) {
    const literal = /^(['"`])(.*)\1$/s.exec(
      source.slice(expression.moduleRequest.start, expression.moduleRequest.end),
    )
    if (literal?.[2] === undefined) continue // A computed name: nothing to hold it to.
    imports.push({ specifier: literal[2], start: expression.start, dynamic: true, typeOnly: false })
  }
  return imports
}
