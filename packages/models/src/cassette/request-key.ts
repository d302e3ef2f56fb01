import { createHash } from 'node:crypto'
import type { ModelLane } from '@bailiwick/contract'
import { normaliseText } from './normalise-request.ts'

/** How a request finds its recorded response: by what it says and who asks, or by who asks alone. */
export type Matching = 'strict' | 'lane'

export interface KeyParts {
  lane: ModelLane
  path: string
  /** Normalised. */
  request: unknown
}

/**
 * The key under which a response is found; requests with the same key are served in the order in which they
 * were recorded. Questions about the model itself (`/api/show`) belong to no lane: which call asks them first
 * depends on which process is asked.
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
