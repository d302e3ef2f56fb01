import { isBuiltin } from 'node:module'
import { dirname, relative, resolve } from 'node:path'
import { CONFINED_IMPORTS, LAZY_IMPORTS, WORKSPACE_IMPORTS } from './dependency-rules.ts'
import { readImports, type SourceImport } from './read-imports.ts'

export interface Manifest {
  name: string
  dependencies?: Record<string, string>
  peerDependencies?: Record<string, string>
  optionalDependencies?: Record<string, string>
  devDependencies?: Record<string, string>
}

/** `@scope/name/sub` and `name/sub` without the sub-path. */
function packageName(specifier: string): string {
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/')
}

/**
 * What is wrong with one source file's imports, a line each; empty when nothing is.
 *
 * @param folder the package's folder from the workspace's root, for example `packages/core`
 * @param file the source's path from the workspace's root
 */
export function checkImports(folder: string, manifest: Manifest, file: string, source: string): string[] {
  const inTest = /\.test\.ts$|\/test\//.test(file)
  return readImports(file, source).flatMap((found) => {
    const line = source.slice(0, found.start).split('\n').length
    const problem = found.specifier.startsWith('.')
      ? checkRelative(folder, file, found.specifier)
      : (checkDeclared(manifest, found, inTest) ?? (inTest ? undefined : checkRules(folder, file, found)))
    return problem === undefined ? [] : [`${file}:${line} imports "${found.specifier}": ${problem}`]
  })
}

function checkRelative(folder: string, file: string, specifier: string): string | undefined {
  const target = relative(folder, resolve(dirname(file), specifier))
  return target.startsWith('..') ? `it leaves ${folder}; import the other package by its name` : undefined
}

function checkDeclared(manifest: Manifest, found: SourceImport, inTest: boolean): string | undefined {
  const name = packageName(found.specifier)
  if (isBuiltin(found.specifier) || name === manifest.name || name === 'vitest') return undefined
  const declared = {
    ...manifest.dependencies,
    ...manifest.peerDependencies,
    ...manifest.optionalDependencies,
  }
  if (inTest || found.typeOnly) Object.assign(declared, manifest.devDependencies)
  return Object.hasOwn(declared, name)
    ? undefined
    : `${manifest.name} does not declare ${name} in its package.json`
}

function checkRules(folder: string, file: string, found: SourceImport): string | undefined {
  const { specifier } = found
  const allowed = WORKSPACE_IMPORTS[folder] ?? []
  if (
    /^(@bailiwick\/|bailiwick(\/|$))/.test(specifier) &&
    !allowed.includes(specifier) &&
    !allowed.includes('@bailiwick/*')
  ) {
    const under = allowed.some((name) => specifier.startsWith(`${name}/`) && name !== '@bailiwick/core')
    if (!under) return `${folder} may import only ${allowed.join(', ') || 'nothing of the workspace'}`
  }
  const name = packageName(specifier)
  if (found.typeOnly) return undefined
  for (const rule of CONFINED_IMPORTS) {
    if (rule.packages.test(name) && !rule.folders.some((allowedFolder) => file.startsWith(allowedFolder))) {
      return `only ${rule.folders.join(', ')} may (${rule.why})`
    }
  }
  for (const rule of LAZY_IMPORTS) {
    const excepted = rule.except.some((allowedFolder) => file.startsWith(allowedFolder))
    if (!found.dynamic && rule.packages.test(name) && file.startsWith(rule.within) && !excepted) {
      return 'it must be a dynamic import(), so that it is loaded only when it is needed'
    }
  }
  return undefined
}
