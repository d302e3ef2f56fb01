import { fillTable, tableOf } from './fill-table.ts'
import { findRetyped } from './find-retyped.ts'
import { DEFAULT_LOCALE, formatValue, isLocale, type Shown } from './format-value.ts'
import { knownAt, type Results, resultAt } from './reference-path.ts'

/** A text with its references filled in, and its problems in words for the model. */
export interface FilledText {
  text: string
  problems: string[]
}

/** A reference that was filled in. */
export interface FilledReference {
  /** Where it is in the template, as {@link withoutLocale} returns it. */
  at: number
  /** Name of the task whose result it refers to. */
  task: string
  /** What stands in its place; for a table, its path. */
  shown: string
}

/** Problems that the model is told about in one reply. */
const MAX_PROBLEMS = 20
/** Items of a list that are shown in a sentence. */
const MAX_LISTED = 10

/** Characters of one reference. Longer ones are refused, because the model wrote them and reading them takes time. */
const MAX_REFERENCE_CHARS = 1_000

const TOO_LONG = `is too long: use at most ${MAX_REFERENCE_CHARS} characters`

const REFERENCE = /\{\{([^{}]*)\}\}/g

/**
 * Replaces references such as `{{t1.mean:1}}` with the value at that path in the results, here rounded to one digit.
 * `{{table t1.rows: name, mean:1}}` becomes a table. `{{locale de}}`, once, says in which locale figures and dates are
 * written; without it, it is `en`. It is a problem if a reference does not resolve, or if the text has a figure that is
 * neither a reference nor in the task's text, because figures must be computed, not retyped.
 */
export function fillReferences(
  template: string,
  results: Results,
  taskText = '',
  {
    locale = localeOf(template),
    onFilled,
  }: { locale?: string; onFilled?: (one: FilledReference) => void } = {},
): FilledText {
  const problems = new Set<string>()
  for (const tag of tagsOf(template)) {
    if (!isLocale(tag))
      problems.add(`{{locale ${tag}}}: "${tag}" is not a language tag such as en, de or pt-BR`)
  }
  const unlocalized = withoutLocale(template)
  let text = ''
  let end = 0
  for (const { 0: whole, 1: body = '', index: at } of unlocalized.matchAll(REFERENCE)) {
    text += unlocalized.slice(end, at)
    end = at + whole.length
    const reference = body.trim()
    const isTable = isStatement(reference, 'table')
    const fill = isTable ? fillTable : fillValue
    const shown =
      reference.length > MAX_REFERENCE_CHARS ? { problem: TOO_LONG } : fill(reference, results, locale)
    if ('problem' in shown) {
      problems.add(`${cut(whole)} ${problemText(shown.problem, reference, results)}`)
      text += whole
      continue
    }
    const path = pathOf(reference)
    onFilled?.({ at, task: /^\w*/.exec(path)?.[0] ?? '', shown: isTable ? path : shown.text })
    if (!isTable) {
      text += shown.text
      continue
    }
    // A table has lines of its own.
    while (end < unlocalized.length && ' \t'.includes(unlocalized.charAt(end))) end += 1
    text = blockAfter(text) + shown.text + blockEnd(unlocalized, end)
  }
  text += unlocalized.slice(end)
  const retyped = findRetyped(unlocalized.replaceAll(REFERENCE, ' '), results, taskText, locale)
  const listed = [...problems, ...retyped]
  const more = listed.length - MAX_PROBLEMS
  return { text, problems: more > 0 ? [...listed.slice(0, MAX_PROBLEMS), `${more} more like these`] : listed }
}

/** A template without the statement of its locale. */
export function withoutLocale(template: string): string {
  const rest = template.replaceAll(/\{\{([^{}]*)\}\}(?:[ \t]*\n)?/g, (whole, body: string) =>
    isStatement(body.trim(), 'locale') ? '' : whole,
  )
  // The locale stands alone at the beginning, above a blank line.
  return rest.replace(/^(?:[ \t]*\n)+/, '')
}

/** The locale that a template states, or the default. */
export function localeOf(template: string): string {
  return tagsOf(template).find(isLocale) ?? DEFAULT_LOCALE
}

function tagsOf(template: string): string[] {
  return [...template.matchAll(REFERENCE)]
    .map(([, body = '']) => body.trim())
    .filter((body) => isStatement(body, 'locale'))
    .map((body) => body.slice('locale'.length).trim())
}

/** Whether a reference begins with this word, which is no name of a task then. */
function isStatement(reference: string, word: 'locale' | 'table'): boolean {
  return reference === word || (reference.startsWith(word) && /\s/.test(reference.charAt(word.length)))
}

/** A value of the results in a sentence. */
function fillValue(reference: string, results: Results, locale: string): Shown {
  const { path, format, value } = resolve(reference, results)
  if (value === undefined) return { problem: 'does not resolve' }
  if (value === null) return { problem: `is no single value: it is null. Say in words that there is none` }
  if (Array.isArray(value) && value.length > 0 && value.length <= MAX_LISTED) {
    const items = value.map((item, index) => formatValue(item, format, locale, `${path}[${index}]`))
    const texts = items.flatMap((item) => ('text' in item ? [item.text] : []))
    if (texts.length === items.length) return { text: texts.join(', ') }
  }
  if (typeof value === 'object' && !(value instanceof Date)) return { problem: 'is no single value' }
  return formatValue(value, format, locale, path)
}

/** Splits a reference into path and format. A key may contain a colon. */
function resolve(reference: string, results: Results): { path: string; format?: string; value: unknown } {
  const whole = resultAt(results, reference)
  const [, path, format] = /^(.*):\s*([^:\]]*)$/s.exec(reference) ?? []
  if (whole !== undefined || path === undefined || format === undefined)
    return { path: reference, value: whole }
  return { path: path.trim(), format, value: resultAt(results, path) }
}

/** Adds what a reference could be instead. */
function problemText(problem: string, reference: string, results: Results): string {
  if (problem === TOO_LONG) return problem
  const path = isStatement(reference, 'table') ? pathOf(reference) : resolve(reference, results).path
  if (problem === 'does not resolve') return `${problem}; ${knownAt(results, path)}`
  if (problem !== 'is no single value')
    return problem.startsWith('is ') ? problem : `does not fit: ${problem}`
  const value = resultAt(results, path)
  const table = typeof value === 'object' && value !== null ? tableOf(path, value) : undefined
  return `${problem}: ${knownAt(results, path)}${table === undefined ? '' : `. ${table} shows it as a table`}`
}

/** The path that a table shows. A reference to a value is its own path, with its format. */
function pathOf(reference: string): string {
  return (/^table\b(?:\s+\d+\s+of)?\s*([^:]*)/.exec(reference)?.[1] ?? reference).trim()
}

/** A text that ends with an empty line, unless it is empty. */
function blockAfter(text: string): string {
  let length = text.length
  while (length > 0 && ' \t'.includes(text.charAt(length - 1))) length -= 1
  const trimmed = text.slice(0, length)
  return trimmed === '' || trimmed.endsWith('\n\n')
    ? trimmed
    : `${trimmed}${trimmed.endsWith('\n') ? '\n' : '\n\n'}`
}

/** What to put between a table and the rest of the template. */
function blockEnd(template: string, end: number): string {
  if (end === template.length || template.startsWith('\n\n', end) || template.slice(end) === '\n') return ''
  return template.startsWith('\n', end) ? '\n' : '\n\n'
}

function cut(reference: string): string {
  return reference.length > 100 ? `${reference.slice(0, 100)}…` : reference
}
