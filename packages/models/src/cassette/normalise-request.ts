/** What differs between two runs of the same thing, and what it is replaced by. */
const VARYING: readonly [RegExp, string][] = [
  [/\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)?/g, '<time>'],
  [/\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b/gi, '<uuid>'],
  [/\br[a-z2-7]{12}(?=\b|-)/g, '<run>'],
  [/\b(127\.0\.0\.1|localhost|\[::1\]):\d+/g, '$1:<port>'],
  [/(?<![\w/])\/(tmp|var\/folders|home\/[^/\s"']+|Users\/[^/\s"']+)\/[^\s"'`)]+/g, '<path>'],
]

/** A text with everything that differs from run to run made alike. */
export function normaliseText(text: string): string {
  return VARYING.reduce((rest, [pattern, name]) => rest.replace(pattern, name), text)
}

/** A JSON value with its keys in order and its texts normalised: equal requests have equal JSON. */
export function normaliseRequest(value: unknown): unknown {
  if (typeof value === 'string') return normaliseText(value)
  if (Array.isArray(value)) return value.map(normaliseRequest)
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value).filter(([key, part]) => part !== undefined && !TRANSIENT.has(key))
  return Object.fromEntries(
    entries.toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([key, part]) => [key, normaliseRequest(part)]),
  )
}

/** Of no influence on what is answered: sized by what else this process has asked. */
const TRANSIENT = new Set(['num_ctx', 'keep_alive'])
