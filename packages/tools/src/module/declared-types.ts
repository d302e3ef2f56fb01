import type { TSInterfaceDeclaration, TSTypeAliasDeclaration } from 'oxc-parser'
import { type DocComment, parseDoc } from './doc-comment.ts'
import type { Source } from './source.ts'

/** A type that the file declares, in TypeScript or with `@typedef` in a doc comment. */
export type DeclaredType = TSInterfaceDeclaration | TSTypeAliasDeclaration | DocComment

/** The types that a file declares, by name. */
export function declaredTypes({ program, comments }: Source): Map<string, DeclaredType> {
  const types = new Map<string, DeclaredType>()
  for (const statement of program.body) {
    const node = statement.type === 'ExportNamedDeclaration' ? statement.declaration : statement
    if (node?.type === 'TSInterfaceDeclaration' || node?.type === 'TSTypeAliasDeclaration') {
      types.set(node.id.name, node)
    }
  }
  for (const { type, value } of comments) {
    if (type !== 'Block' || !value.startsWith('*')) continue
    const doc = parseDoc(value)
    if (doc.typedef !== undefined) types.set(doc.typedef.name, doc)
  }
  return types
}
