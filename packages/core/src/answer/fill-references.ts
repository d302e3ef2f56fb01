import type { TaskResult } from '@bailiwick/contract'

/** A text with its references filled in, and its problems in words for the model. */
export interface FilledText {
  text: string
  problems: string[]
}

const REFERENCE = /\{\{\s*([^{}]+?)\s*\}\}/g

/**
 * Replaces references such as `{{t1.output.mean:1}}` with the value at that path, here rounded to one digit. It is a
 * problem if a reference does not resolve, or if the text has a figure that is neither a reference nor in the task's
 * text, because figures must be computed, not retyped.
 */
export function fillReferences(
  template: string,
  results: Record<string, Pick<TaskResult, 'output'>>,
  taskText = '',
): FilledText {
  const problems: string[] = []
  const text = template.replaceAll(REFERENCE, (whole, reference: string) => {
    const [path = '', digits] = reference.split(/:(?=\d+$)/)
    const value = lookUp(results, path)
    if (typeof value === 'number') return showNumber(value, digits)
    if (
      typeof value === 'string' &&
      digits !== undefined &&
      value.trim() !== '' &&
      Number.isFinite(Number(value))
    ) {
      return showNumber(Number(value), digits)
    }
    if (typeof value === 'string' || typeof value === 'boolean') return String(value)
    problems.push(
      value === undefined
        ? `${whole} does not resolve; ${known(results, path)}`
        : `${whole} is no single value: ${known(results, path)}`,
    )
    return whole
  })
  const outside = template
    .replaceAll(REFERENCE, ' ')
    // Ignore link targets; link texts count.
    .replaceAll(/\]\([^)]*\)/g, ' ')
    // Ignore the numbers of list items and headings.
    .replaceAll(/^[\s#>]*\d+[.)]\s/gm, ' ')
  const given = new Set(taskText.match(/\d+(?:[.,]\d+)*/g) ?? [])
  for (const figure of new Set(outside.match(/\d+(?:[.,]\d+)*/g) ?? [])) {
    if (!given.has(figure))
      problems.push(`the figure ${figure} must be a reference such as {{t1.output.name}}, not retyped`)
  }
  return { text, problems }
}

function showNumber(value: number, digits: string | undefined): string {
  if (digits === undefined) return String(value)
  // A small negative number must not round to -0.
  return value.toFixed(Math.min(Number(digits), 20)).replace(/^-(?=0(\.0*)?$)/, '')
}

/** Looks up a path such as `t1.output.rows[0].mean`. Undefined if a part is missing. */
function lookUp(results: Record<string, unknown>, path: string): unknown {
  let value: unknown = results
  for (const key of path.replaceAll(/\[(\w+)\]/g, '.$1').split('.')) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined
    value = (value as Record<string, unknown>)[key]
  }
  return value
}

/** Lists the keys at the longest prefix of the path that exists. */
function known(results: Record<string, unknown>, path: string): string {
  const parts = path.replaceAll(/\[(\w+)\]/g, '.$1').split('.')
  for (let length = parts.length; length >= 0; length -= 1) {
    const at = parts.slice(0, length).join('.')
    const value = length === 0 ? results : lookUp(results, at)
    if (typeof value === 'object' && value !== null)
      return `${at || 'the results'} has ${Object.keys(value).slice(0, 30).join(', ')}`
  }
  return 'there are no results'
}
