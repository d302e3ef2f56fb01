import { inspect } from 'node:util'
import type { Observation } from '@bailiwick/contract/world'
import { explainRefusal } from './explain-refusal.ts'

/** A step's outcome for a person: what it printed, its value or error, and what stood in its way. */
export function showObservation(seen: Observation): string {
  const { printed, preview, error, final, lost, calls, usage } = seen
  const lines: string[] = []
  if (printed !== '') lines.push(printed)
  for (const { id, name, ok, message } of calls) lines.push(`  call ${id} ${name}: ${ok ? 'ok' : message}`)
  if (preview !== '') lines.push(preview)
  if (final !== undefined) lines.push(`final answer: ${inspect(final.value)}`)
  if (error !== undefined) {
    if (error.excerpt !== undefined) lines.push(error.excerpt)
    lines.push(`${error.name}: ${error.message}`)
    const why = explainRefusal(seen)
    if (why !== undefined) lines.push(`  why: ${why}`)
  }
  if (lost !== undefined) lines.push(`  ${lost}`)
  lines.push(
    `  ${seen.status}, ${usage.wallMs.toFixed(1)} ms, ${usage.turns} turn${usage.turns === 1 ? '' : 's'}`,
  )
  return lines.join('\n')
}
