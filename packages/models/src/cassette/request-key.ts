import { createHash } from 'node:crypto'
import type { ModelLane } from '@bailiwick/contract'

/** How a request finds its recorded response: `strict` compares lane and content, `lane` only the lane. */
export type Matching = 'strict' | 'lane'

/** The parts of a request that identify it. */
export interface KeyParts {
  lane: ModelLane
  path: string
  /** The normalised body. */
  request: unknown
}

/**
 * The key of a request's recorded responses, which are served in the order of recording. Questions about a model
 * (`/api/show`) belong to no lane, because it depends on the process which call asks them first.
 */
export function requestKey({ lane, path, request }: KeyParts, matching: Matching): string {
  const parts = isChat(path)
    ? [
        path,
        normaliseText(lane.agent),
        normaliseText(lane.task),
        lane.step,
        matching === 'strict' ? request : null,
      ]
    : [path, request]
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex')
}

export function isChat(path: string): boolean {
  return path.endsWith('/chat/completions') || path.endsWith('/api/chat')
}

/** Path and normalised body of a request. Leaves out the address and the headers, which contain keys. */
export function normaliseRequest(
  input: string | URL | Request,
  init: RequestInit | undefined,
): { path: string; request: unknown } {
  const { pathname } = new URL(input instanceof Request ? input.url : input)
  const body = init?.body
  return { path: pathname, request: typeof body === 'string' ? normalise(JSON.parse(body)) : null }
}

/** Text that differs from run to run, and its replacement. */
const VARYING: readonly [RegExp, string][] = [
  [/\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)?/g, '<time>'],
  [/\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b/gi, '<uuid>'],
  [/\br[a-z2-7]{12}(?=\b|-)/g, '<run>'],
  [/\b(127\.0\.0\.1|localhost|\[::1\]):\d+/g, '$1:<port>'],
  [/(?<![\w/])\/(tmp|var\/folders|home\/[^/\s"']+|Users\/[^/\s"']+)\/[^\s"'`)]+/g, '<path>'],
]
/** Fields without influence on the reply. Their values depend on the process's earlier requests. */
const IGNORED_FIELDS = new Set(['num_ctx', 'keep_alive'])

/** Sorts keys and normalises texts, so that equal requests have equal JSON. */
function normalise(value: unknown): unknown {
  if (typeof value === 'string') return normaliseText(value)
  if (Array.isArray(value)) return value.map(normalise)
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value).filter(
    ([key, part]) => part !== undefined && !IGNORED_FIELDS.has(key),
  )
  return Object.fromEntries(
    entries.toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([key, part]) => [key, normalise(part)]),
  )
}

function normaliseText(text: string): string {
  return VARYING.reduce((rest, [pattern, replacement]) => rest.replace(pattern, replacement), text)
}
