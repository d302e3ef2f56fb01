/** A value as the report shows it, or why it cannot be shown so. */
export type Shown = { text: string } | { problem: string }

/** The locale of an answer that states none. */
export const DEFAULT_LOCALE = 'en'

const NUMBER_FORMAT = /^(,?)(\d*)(%?)$/
const NUMBER_FORMATS =
  'a number takes :1 (decimal places), :, or :,1 (thousands separators) or :1% (a share as percent)'
const DATE_FORMATS: Record<string, Intl.DateTimeFormatOptions> = {
  date: { dateStyle: 'long' },
  month: { year: 'numeric', month: 'long' },
}

/**
 * Shows a single value in a locale.
 *
 * @param format such as `1`, `,`, `,2`, `1%`, `date` or `month`. Undefined: a number has at most three decimal places, or
 *   three digits if it is below 1; anything else stays as it is
 * @param path where the value comes from, for the problem
 */
export function formatValue(value: unknown, format: string | undefined, locale: string, path: string): Shown {
  const plain = value instanceof Date ? value.toISOString() : value
  if (format !== undefined && Object.hasOwn(DATE_FORMATS, format)) return formatDate(plain, format, locale)
  if (typeof plain === 'bigint') return { text: String(plain) }
  if (typeof plain === 'boolean') {
    return format === undefined
      ? { text: String(plain) }
      : { problem: `it is ${plain}: leave the format out` }
  }
  if (typeof plain === 'number') return formatNumber(plain, format, locale, path)
  if (typeof plain !== 'string') return { problem: 'it is no single value' }
  if (format === undefined) return { text: plain }
  // A name, or a word for a missing value: there is nothing to round.
  if (NUMBER_FORMAT.test(format) && !/\d/.test(plain)) return { text: plain }
  const number = plain.trim() === '' ? Number.NaN : Number(plain)
  if (Number.isFinite(number)) return formatNumber(number, format, locale, path)
  if (/^\d{4}-\d{2}/.test(plain)) {
    return {
      problem: `it is the date "${cut(plain)}": write {{${path}:date}} or {{${path}:month}}, or leave the format out`,
    }
  }
  return { problem: `it is the text "${cut(plain)}": leave the format out` }
}

function formatNumber(value: number, format: string | undefined, locale: string, path: string): Shown {
  const parsed = NUMBER_FORMAT.exec(format ?? '')
  if (format === '' || parsed === null) return { problem: NUMBER_FORMATS }
  const [, comma = '', decimals = '', percent = ''] = parsed
  if (percent !== '' && saysPercent(path) && Math.abs(value) > 1) {
    return {
      problem: `it is ${value}, which already is a percentage: write {{${path}:${comma}${decimals || '1'}}} and the percent sign after it`,
    }
  }
  const digits = Math.min(Number(decimals), 20)
  const options: Intl.NumberFormatOptions =
    format === undefined
      ? unroundedOptions(value)
      : { minimumFractionDigits: digits, maximumFractionDigits: digits }
  const text = numberFormat(locale, {
    ...options,
    useGrouping: comma !== '',
    // A small negative number must not round to -0.
    signDisplay: 'negative',
    ...(percent !== '' && { style: 'percent' }),
  }).format(value)
  return { text }
}

/** Hides the last digits of floating point, which nobody computed. */
function unroundedOptions(value: number): Intl.NumberFormatOptions {
  if (Number.isInteger(value)) return { maximumFractionDigits: 0 }
  return Math.abs(value) >= 1 ? { maximumFractionDigits: 3 } : { maximumSignificantDigits: 3 }
}

/** Whether the last name of a path says that its value is a percentage. */
function saysPercent(path: string): boolean {
  return /(percent|prozent|pourcent|porcent|pct|%)[^.[\]]*["'\]]*$/i.test(path)
}

function formatDate(value: unknown, format: string, locale: string): Shown {
  const wanted = format === 'month' ? 'a month such as 2012-07' : 'a date such as 2012-07-05'
  if (typeof value !== 'string')
    return { problem: `it is the ${typeof value} ${String(value)}, not ${wanted}` }
  const text = dateText(value, format, locale)
  return text === undefined ? { problem: `it is the text "${cut(value)}", not ${wanted}` } : { text }
}

/** A date of the form 2012-07-05, with or without a time, written out. Undefined for anything else. */
export function dateText(value: string, format: string, locale: string): string | undefined {
  const [, year, month, day] = /^(\d{4})-(\d{2})(?:-(\d{2})(?:[T ].*)?)?$/s.exec(value.trim()) ?? []
  if (year === undefined || (day === undefined && format === 'date')) return undefined
  const at = new Date(`${year}-${month}-${day ?? '01'}T00:00:00Z`)
  if (Number.isNaN(at.getTime())) return undefined
  return new Intl.DateTimeFormat(locale, { ...DATE_FORMATS[format], timeZone: 'UTC' }).format(at)
}

/** The formats of a locale. Making one takes longer than using it. */
const made = new Map<string, Intl.NumberFormat>()

function numberFormat(locale: string, options: Intl.NumberFormatOptions): Intl.NumberFormat {
  const key = JSON.stringify([locale, options])
  const format = made.get(key) ?? new Intl.NumberFormat(locale, options)
  if (made.size > 100) made.clear()
  made.set(key, format)
  return format
}

/** Whether figures and dates can be written for a language tag. */
export function isLocale(tag: string): boolean {
  try {
    return Intl.NumberFormat.supportedLocalesOf(tag).length > 0
  } catch {
    return false // Not a language tag at all.
  }
}

function cut(text: string): string {
  return text.length > 40 ? `${text.slice(0, 40)}…` : text
}
