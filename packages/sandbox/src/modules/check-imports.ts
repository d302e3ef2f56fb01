import { DefinitionError } from '@bailiwick/contract/world'
import { findPackage } from './find-package.ts'
import { packageOf, refusal } from './granted-packages.ts'

/**
 * Holds granted imports to what is installed, so that a missing package is found when an agent is
 * built and not when its code runs.
 *
 * @param imports patterns as in a definition: `arquero`, `lodash-es/*`, `*`
 * @param importsFrom folder that they resolve from
 * @throws DefinitionError that names what is missing
 * @example
 * checkImports(['simple-statistics'], import.meta.dirname)
 */
export function checkImports(imports: readonly string[], importsFrom: string): void {
  for (const pattern of imports) {
    if (pattern === '*') continue
    const specifier = pattern.replace(/\/\*$/, '')
    const problem = refusal(specifier, [specifier])
    if (problem !== undefined) throw new DefinitionError(`import "${pattern}" cannot be granted: ${problem}`)
    if (findPackage(specifier, importsFrom) === undefined) {
      throw new DefinitionError(
        `import "${pattern}" is granted but ${packageOf(specifier)} is not installed in ${importsFrom}; add it to the dependencies of that package`,
      )
    }
  }
}
