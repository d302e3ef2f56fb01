import type { z } from 'zod'
import { nearest } from './nearest.ts'

type Issue = z.core.$ZodIssue

/**
 * What is wrong with a configuration, a line for each fault: the path, what was wanted, what came, and
 * the nearest known key where one was mistyped.
 *
 * @param keysAt the known keys of the object at a path, for the nearest one
 */
export function explainIssues(
  issues: readonly Issue[],
  input: unknown,
  keysAt: (path: readonly PropertyKey[]) => readonly string[],
): string[] {
  return issues.flatMap((issue) => explain(issue, [], input, keysAt))
}

function explain(
  issue: Issue,
  above: readonly PropertyKey[],
  input: unknown,
  keysAt: (path: readonly PropertyKey[]) => readonly string[],
): string[] {
  const path = [...above, ...issue.path]
  if (issue.code === 'invalid_union') {
    const branch = closestBranch(issue.errors, valueAt(input, path))
    if (branch !== undefined) return branch.flatMap((inner) => explain(inner, path, input, keysAt))
  }
  if (issue.code === 'unrecognized_keys') {
    const known = keysAt(path)
    return issue.keys.map((key) => {
      const meant = nearest(key, known)
      const hint = meant === undefined ? `known: ${known.join(', ')}` : `did you mean "${meant}"?`
      return `${spell([...path, key])}: unknown option; ${hint}`
    })
  }
  const came = valueAt(input, path)
  const options = issue.code === 'invalid_value' ? issue.values.map((value) => JSON.stringify(value)) : []
  const wanted = options.length > 0 ? `wanted one of ${options.join(', ')}` : lowerFirst(issue.message)
  const got = /got /.test(wanted) ? '' : `; got ${show(came)}`
  return [`${spell(path)}: ${wanted}${got}`]
}

/** Of a union's branches the one that fits the value's kind: its faults are the ones to tell. */
function closestBranch(
  branches: readonly (readonly Issue[])[],
  value: unknown,
): readonly Issue[] | undefined {
  if (typeof value !== 'object' || value === null) return undefined
  return branches.find((issues) =>
    issues.every((issue) => issue.path.length > 0 || issue.code === 'unrecognized_keys'),
  )
}

function spell(path: readonly PropertyKey[]): string {
  if (path.length === 0) return 'the configuration'
  return path
    .map((part, index) =>
      typeof part === 'number' ? `[${part}]` : `${index === 0 ? '' : '.'}${String(part)}`,
    )
    .join('')
}

function valueAt(input: unknown, path: readonly PropertyKey[]): unknown {
  let value = input
  for (const part of path) {
    if (typeof value !== 'object' || value === null) return undefined
    value = Reflect.get(value, part)
  }
  return value
}

function show(value: unknown): string {
  if (value === undefined) return 'nothing'
  const text = JSON.stringify(value) ?? String(value)
  return text.length > 80 ? `${text.slice(0, 77)}…` : text
}

function lowerFirst(message: string): string {
  return message
    .replace(/^Invalid input: expected/, 'wanted')
    .replace(/, received .*$/, '')
    .replace(/^Too /, 'too ')
}
