import { dateText } from './format-value.ts'
import { type Results, step } from './reference-path.ts'

/** Values of the results that are searched for a figure. */
const MAX_SEARCHED = 5_000
/** Replacements that are offered for one figure. */
const MAX_OFFERED = 3

/** A date, or a figure with separators. Digits in a name, such as in CO2, are no figure. */
const FIGURE =
  /(?<![\p{L}\p{M}_\d^]|[\p{L}\p{M}_]\d*[.,])(?:\d{4}-\d{2}(?:-\d{2})?(?!\d)|\d+(?:[.,’']\d+)*)/gu

/** A figure of a text. */
interface Figure {
  text: string
  /** Whether a percent sign follows. */
  percent: boolean
}

/** A value of the results, and the reference to it. */
interface Source {
  path: string
  value: number | string
}

/**
 * Finds the figures of a template that are neither references nor in the task's text, because figures must be computed,
 * not retyped.
 *
 * @param outside the template without its references
 * @returns a problem for each, with the references that would give the same figure
 */
export function findRetyped(outside: string, results: Results, taskText: string, locale: string): string[] {
  const text = outside
    // Ignore link targets, footnote marks and entities; link texts count.
    .replaceAll(/\]\([^)]{0,500}\)|\[\^[^\]]{0,50}\]|&#?\w{1,30};/g, ' ')
    // Ignore the numbers of list items and headings.
    .replaceAll(/^[ \t#>]{0,50}\d{1,9}[.)]\s/gm, ' ')
  const figures = figuresOf(text)
  if (figures.length === 0) return []
  const given = new Set(
    figuresOf(taskText).flatMap(({ text }) => [text, ...text.split('-')].flatMap(readingKeys)),
  )
  const retyped = new Map<string, Figure>()
  for (const figure of figures) {
    if (!readingKeys(figure.text).some((key) => given.has(key))) retyped.set(figure.text, figure)
  }
  if (retyped.size === 0) return []
  const sources = sourcesOf(results)
  return [...retyped.values()].map((figure) => {
    const offers = offersFor(figure, sources, text, locale)
    return offers.length > 0
      ? `the figure ${figure.text} must be a reference, not retyped: write ${offers.slice(0, MAX_OFFERED).join(' or ')}`
      : `the figure ${figure.text} must be a reference, not retyped, and it is in no result and not in the task: leave it out, or write it as a word if it only counts parts of the text`
  })
}

function figuresOf(text: string): Figure[] {
  return [...text.matchAll(FIGURE)].map(({ 0: figure, index }) => ({
    text: figure,
    percent: /^\s?%/.test(text.slice(index + figure.length)),
  }))
}

/** A number that a figure may mean: "1.461" is 1461 or 1.461. */
interface Reading {
  number: number
  decimals: number
  grouped: boolean
}

function readingsOf(figure: string): Reading[] {
  const readings: Reading[] = []
  if (/^\d+$/.test(figure)) readings.push({ number: Number(figure), decimals: 0, grouped: false })
  if (/^\d{1,3}(?:[.,’']\d{3})+$/.test(figure)) {
    readings.push({ number: Number(figure.replaceAll(/\D/g, '')), decimals: 0, grouped: true })
  }
  const [, whole, fraction] = /^(\d+(?:[.,’']\d{3})*)[.,](\d+)$/.exec(figure) ?? []
  if (whole !== undefined && fraction !== undefined) {
    const digits = whole.replaceAll(/\D/g, '')
    readings.push({
      number: Number(`${digits}.${fraction}`),
      decimals: fraction.length,
      grouped: digits !== whole,
    })
  }
  return readings
}

/** What a figure may mean, as texts. A figure of another form, such as a date, means itself. */
function readingKeys(figure: string): string[] {
  const keys = readingsOf(figure).map(({ number }) => String(number))
  return keys.length > 0 ? keys : [figure]
}

function sourcesOf(results: Results): Source[] {
  const sources: Source[] = []
  const lengths: Source[] = []
  const visit = (value: unknown, path: string): void => {
    if (sources.length >= MAX_SEARCHED) return
    if (typeof value === 'number' || typeof value === 'string') sources.push({ path, value })
    if (typeof value !== 'object' || value === null) return
    if (Array.isArray(value)) lengths.push({ path: `${path}.length`, value: value.length })
    for (const [key, item] of Object.entries(value)) visit(item, path + step(key))
  }
  for (const [task, { output }] of Object.entries(results)) visit(output, task)
  return [...sources, ...lengths]
}

/** References that give the figure: exact values first, then rounded ones, then texts that contain it. */
function offersFor(figure: Figure, sources: readonly Source[], text: string, locale: string): string[] {
  const exact: string[] = []
  const rounded: string[] = []
  const texts: string[] = []
  const readings = readingsOf(figure.text)
  for (const { path, value } of sources) {
    if (typeof value === 'string') {
      const long = dateText(value, 'date', locale)
      if (value === figure.text) exact.push(`{{${path}}}`)
      else if (
        long !== undefined &&
        text.includes(long) &&
        figuresOf(long).some((one) => one.text === figure.text)
      )
        exact.push(`{{${path}:date}} ("${long}")`)
      else if (
        figuresOf(value).some((one) => one.text === figure.text) ||
        (long && value.startsWith(figure.text))
      )
        texts.push(`{{${path}}} ("${value.length > 40 ? `${value.slice(0, 40)}…` : value}")`)
      continue
    }
    for (const reading of readings) {
      const { number, decimals } = reading
      if (figure.percent && fits(value * 100, number, decimals)) {
        rounded.push(`{{${path}:${decimals || ''}%}} with its percent sign`)
      } else if (Math.abs(value) === number) exact.push(offer(path, value, reading))
      // Below one decimal place, too many values would round to the figure.
      else if (fits(value, number, decimals) && (decimals > 0 || number >= 10))
        rounded.push(offer(path, value, reading))
    }
  }
  return [...new Set([...exact, ...rounded, ...texts])]
}

function fits(value: number, number: number, decimals: number): boolean {
  return Math.abs(Math.abs(value) - number) <= 0.5 * 10 ** -decimals * (1 + 1e-9)
}

function offer(path: string, value: number, { number, decimals, grouped }: Reading): string {
  const comma = grouped ? ',' : ''
  const isWhole = Math.abs(value) === number && !grouped
  return isWhole ? `{{${path}}}` : `{{${path}:${comma}${decimals === 0 && grouped ? '' : decimals}}}`
}
