/**
 * How long a server asks clients to wait, in milliseconds: `Retry-After-Ms`, or `Retry-After` in seconds (also
 * fractions) or as an HTTP date. Undefined if neither holds a usable value.
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
  // Number('') is 0, but an empty header does not mean "at once".
  if (text === null || !/^\s*\d+(\.\d+)?\s*$/.test(text)) return undefined
  return Number(text)
}
