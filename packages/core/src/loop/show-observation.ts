import type { Observation } from '../contract/sandbox.ts'

/** A step's observation as the model reads it. */
export function showObservation(observation: Observation): string {
  const { status, printed, preview, error, lost, calls } = observation
  const parts: string[] = []
  if (printed !== '') parts.push(`Printed:\n${printed.trimEnd()}`)
  if (error !== undefined) {
    const where = error.line === undefined ? '' : ` (line ${error.line})`
    parts.push(
      `${error.name}${where}: ${error.message}${error.excerpt === undefined ? '' : `\n${error.excerpt}`}`,
    )
  } else if (status !== 'ok') parts.push(`The step was stopped: ${status}.`)
  if (preview !== '') parts.push(`Value:\n${preview}`)
  if (lost !== undefined) parts.push(lost)
  const unawaited = calls.filter(({ awaited }) => !awaited)
  if (unawaited.length > 0) {
    parts.push(
      `Not awaited: ${unawaited.map(({ id, name }) => `${name} (${id})`).join(', ')}. Put await before the call.`,
    )
  }
  return parts.length === 0 ? 'Done. Nothing was printed, and there is no value.' : parts.join('\n\n')
}
