import { ModelError } from '@bailiwick/contract'
import type { Asked } from './server-errors.ts'

/**
 * Checks a stream of JSON lines chunk by chunk; `undefined` is its end. `ollama` prints a line that does not parse to stderr
 * and skips it, so that part of a reply would be lost silently.
 */
export function ndjsonGuard(asked: Asked): (chunk: Uint8Array | undefined) => void {
  const decoder = new TextDecoder()
  let rest = ''
  return (chunk) => {
    const lines = (rest + decoder.decode(chunk, { stream: chunk !== undefined })).split('\n')
    rest = chunk === undefined ? '' : (lines.pop() ?? '')
    for (const line of lines) if (line.trim() !== '') checkLine(asked, line)
  }
}

function checkLine(asked: Asked, line: string): void {
  try {
    JSON.parse(line)
  } catch (error) {
    throw new ModelError(
      'model-malformed',
      `${asked.model} at ${asked.url} sent a line that is not JSON: ${line.slice(0, 80)}`,
      { cause: error },
    )
  }
}
