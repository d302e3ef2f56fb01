import { nearestNames } from '@bailiwick/contract'
import { z } from 'zod'

type Issue = z.core.$ZodIssue

/**
 * Describes the faults of a configuration in one line each: the path, the expected value, the found value, and for a
 * mistyped key the nearest known one.
 */
export function explainIssues(issues: readonly Issue[], input: unknown, schema: z.core.$ZodType): string[] {
  return issues.flatMap((issue) => explain(issue, [], input, schema))
}

function explain(
  issue: Issue,
  parent: readonly PropertyKey[],
  input: unknown,
  schema: z.core.$ZodType,
): string[] {
  const path = [...parent, ...issue.path]
  if (issue.code === 'invalid_union') {
    const branch = closestBranch(issue.errors, valueAt(input, path))
    if (branch !== undefined) return branch.flatMap((inner) => explain(inner, path, input, schema))
  }
  if (issue.code === 'unrecognized_keys') {
    const known = knownKeys(schema, path)
    return issue.keys.map((key) => {
      const [nearest] = nearestNames(key, known)
      const hint = nearest === undefined ? `Known: ${known.join(', ')}` : `Did you mean "${nearest}"?`
      return `${formatPath([...path, key])}: unknown option. ${hint}`
    })
  }
  const found = formatValue(valueAt(input, path))
  if (issue.code === 'invalid_value') {
    const options = issue.values.map((value) => JSON.stringify(value))
    return [`${formatPath(path)}: expected one of ${options.join(', ')}, found ${found}`]
  }
  const message = formatMessage(issue.message)
  return [`${formatPath(path)}: ${message}${/(got|found) /.test(message) ? '' : `, found ${found}`}`]
}

/** The branch of a union that has the same kind as the value, so that only its faults are reported. */
function closestBranch(
  branches: readonly (readonly Issue[])[],
  value: unknown,
): readonly Issue[] | undefined {
  if (typeof value !== 'object' || value === null) return undefined
  return branches.find((issues) =>
    issues.every((issue) => issue.path.length > 0 || issue.code === 'unrecognized_keys'),
  )
}

/** The keys that the schema's objects have at a path. */
function knownKeys(schema: z.core.$ZodType, path: readonly PropertyKey[]): string[] {
  const inner = unwrap(schema)
  const [part, ...rest] = path
  if (part === undefined) return objectsOf(inner).flatMap((object) => Object.keys(object.shape))
  if (inner instanceof z.ZodArray) return knownKeys(inner.element, rest)
  if (inner instanceof z.ZodRecord) return knownKeys(inner.valueType, rest)
  for (const object of objectsOf(inner)) {
    const field = object.shape[String(part)]
    if (field !== undefined) return knownKeys(field, rest)
  }
  return []
}

function objectsOf(schema: z.core.$ZodType): z.ZodObject[] {
  const inner = unwrap(schema)
  if (inner instanceof z.ZodObject) return [inner]
  if (inner instanceof z.ZodUnion) return inner.options.flatMap(objectsOf)
  return []
}

function unwrap(schema: z.core.$ZodType): z.core.$ZodType {
  if (
    schema instanceof z.ZodOptional ||
    schema instanceof z.ZodDefault ||
    schema instanceof z.ZodPrefault ||
    schema instanceof z.ZodNullable
  ) {
    return unwrap(schema.unwrap())
  }
  return schema
}

function formatPath(path: readonly PropertyKey[]): string {
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

function formatValue(value: unknown): string {
  if (value === undefined) return 'nothing'
  const text = JSON.stringify(value) ?? String(value)
  return text.length > 80 ? `${text.slice(0, 77)}…` : text
}

function formatMessage(message: string): string {
  return message
    .replace(/^Invalid input: expected/, 'expected')
    .replace(/, received .*$/, '')
    .replace(/^Too (small|big): expected number to be /, 'expected a number ')
    .replace(/^Too (small|big): /, '')
}
