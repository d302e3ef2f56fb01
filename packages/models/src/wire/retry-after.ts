/**
 * How long a server asked to be left alone, in milliseconds: `Retry-After-Ms`, or `Retry-After` in
 * seconds (also fractions) or as an HTTP date. `undefined` where it said nothing usable.
 */
export function readRetryAfter(headers: Headers, now: number = Date.now()): number | undefined {
  const inMs = toNumber(headers.get('retry-after-ms'))
  if (inMs !== undefined) return inMs
  const value = headers.get('retry-after')
  const inSeconds = toNumber(value)
  if (inSeconds !== undefined) return inSeconds * 1000
  const date = Date.parse(value ?? '')
  return Number.isNaN(date) ? undefined : Math.max(0, date - now)
}

function toNumber(text: string | null): number | undefined {
  // Number('') is 0: an empty header must not mean "at once".
  if (text === null || !/^\s*\d+(\.\d+)?\s*$/.test(text)) return undefined
  return Number(text)
}
