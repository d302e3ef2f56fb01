import type { TaskResult } from '@bailiwick/contract'

/** A text with its references filled in, and what is wrong with it, in words for its author. */
export interface FilledText {
  text: string
  problems: string[]
}

const REFERENCE = /\{\{\s*([^{}]+?)\s*\}\}/g

/**
 * Fills `{{t1.output.mean:1}}` with the value at that path, rounded to so many digits where asked. A
 * reference that does not resolve is a problem; so is a digit outside of references that is not in the
 * task's own text: figures are computed, never retyped.
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
    // Where a link leads is not read; what it says is.
    .replaceAll(/\]\([^)]*\)/g, ' ')
    // Numbers of list items and headings count nothing that was found out.
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
  // A small negative number must not be shown as minus nothing.
  return value.toFixed(Math.min(Number(digits), 20)).replace(/^-(?=0(\.0*)?$)/, '')
}

/** `t1.output.rows[0].mean` in the results; undefined where a part is missing. */
function lookUp(results: Record<string, unknown>, path: string): unknown {
  let value: unknown = results
  for (const key of path.replaceAll(/\[(\w+)\]/g, '.$1').split('.')) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined
    value = (value as Record<string, unknown>)[key]
  }
  return value
}

/** The keys at the longest part of the path that exists. */
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
