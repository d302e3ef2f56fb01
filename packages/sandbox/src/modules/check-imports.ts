import { DefinitionError } from '@bailiwick/contract/world'
import { findPackage, packageOf, refusal } from './granted-packages.ts'

/**
 * Checks that granted imports are installed, so that a missing package fails when an agent is built and not when its
 * code runs.
 *
 * @param imports patterns as in an agent's definition: `arquero`, `lodash-es/*`, `*`
 * @param importsFrom the folder that they resolve from
 * @throws DefinitionError that names what is missing
 * @example
 * checkImports(['simple-statistics'], import.meta.dirname)
 */
export function checkImports(imports: readonly string[], importsFrom: string): void {
  for (const pattern of imports) {
    if (pattern === '*') continue
    const specifier = pattern.replace(/\/\*$/, '')
    const problem = refusal(specifier, [specifier])
    if (problem !== undefined)
      throw new DefinitionError(`The import "${pattern}" cannot be granted: ${problem}.`)
    if (findPackage(specifier, importsFrom) === undefined) {
      throw new DefinitionError(
        `Expected the granted import "${pattern}" to be installed, but ${packageOf(specifier)} is not installed in ${importsFrom}. Add it to the dependencies of that package.`,
      )
    }
  }
}
