import { isBuiltin } from 'node:module'

/** `@scope/name/sub` and `name/sub` without the sub-path. */
export function packageOf(specifier: string): string {
  const parts = specifier.split('/')
  return parts.slice(0, specifier.startsWith('@') ? 2 : 1).join('/')
}

/**
 * Why this may not be imported; undefined where it may. `name` grants the package's main entry alone,
 * `name/*` its sub-paths, `*` every installed package. Files, URLs and the runtime's own modules are
 * never granted.
 */
export function refusal(specifier: string, patterns: readonly string[]): string | undefined {
  const granted =
    patterns.length === 0 ? 'nothing may be imported here' : `granted here: ${patterns.join(', ')}`
  if (isBuiltin(specifier))
    return `"${specifier}" is a module of the runtime and may not be imported; ${granted}`
  if (
    !/^(@[\w.-]+\/)?[\w.-]+(\/[\w.-]+)*$/.test(specifier) ||
    specifier.split('/').some((part) => /^\.+$/.test(part))
  ) {
    return `"${specifier.slice(0, 100)}" is not the name of a package and may not be imported; ${granted}`
  }
  return patterns.some((pattern) => matches(pattern, specifier))
    ? undefined
    : `"${specifier}" may not be imported; ${granted}`
}

function matches(pattern: string, specifier: string): boolean {
  if (pattern === '*' || pattern === specifier) return true
  return pattern.endsWith('/*') && specifier.startsWith(pattern.slice(0, -1))
}
