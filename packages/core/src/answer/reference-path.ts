import type { TaskResult } from '@bailiwick/contract'

/** Results by task, as references see them. */
export type Results = Record<string, Pick<TaskResult, 'output'>>

/** Splits a path such as `rows[0]["Cost Total $"].mean` into its keys. */
function keysOf(path: string): string[] {
  const keys: string[] = []
  for (const [, quoted, , bracketed, plain] of path.matchAll(
    /\[\s*((["'])(?:(?!\2).)*\2)\s*\]|\[([^\]]*)\]|([^.[\]]+)/g,
  )) {
    keys.push(quoted?.slice(1, -1) ?? bracketed?.trim() ?? plain?.trim() ?? '')
  }
  return keys
}

/** The value at a path below a value. Undefined if a part is missing. */
export function lookUp(root: unknown, path: string): unknown {
  return follow(root, keysOf(path))
}

function follow(root: unknown, keys: readonly string[]): unknown {
  let value = root
  for (const key of keys) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined
    value = (value as Record<string, unknown>)[key]
  }
  return value
}

/**
 * The value of a reference: `t1.mean` is `mean` in the output of t1. The longer `t1.output.mean` means the same, and
 * `t1.artifacts[0].name` reaches the rest of the result.
 */
export function resultAt(results: Results, path: string): unknown {
  const [task = '', ...keys] = keysOf(path)
  if (!Object.hasOwn(results, task)) return undefined
  const result = results[task]
  const value = follow(result?.output, keys)
  return value === undefined ? follow(result, keys) : value
}

/** Says what is at the longest prefix of the path that exists. */
export function knownAt(results: Results, path: string): string {
  const keys = keysOf(path)
  for (let length = keys.length; length >= 1; length -= 1) {
    const at = keys.slice(1, length).reduce((joined, key) => joined + step(key), keys[0] ?? '')
    const value = resultAt(results, at)
    if (typeof value === 'object' && value !== null) return `${at} has ${names(Object.keys(value))}`
  }
  const tasks = Object.keys(results)
  return tasks.length === 0 ? 'there are no results' : `the results are ${names(tasks)}`
}

/** One more step of a path, as short as possible. */
export function step(key: string | number): string {
  if (typeof key === 'number') return `[${key}]`
  if (/^[\p{L}_$][\p{L}\d_$]*$/u.test(key)) return `.${key}`
  return /^\d+$/.test(key) ? `[${key}]` : `[${JSON.stringify(key)}]`
}

/** Some of these names, and how many more there are. */
export function names(all: readonly string[]): string {
  const shown = all.slice(0, 30).join(', ')
  return all.length > 30 ? `${shown} and ${all.length - 30} more` : shown
}
