import { inspect } from 'node:util'
import type { Observation } from '@bailiwick/contract/world'

/** Shows a step's observation to a person: what it printed, its value or error, and which wall it met. */
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

/** Names that do not exist in a world, and the reason. */
const ABSENT: readonly [RegExp, string][] = [
  [
    /^(process|require|module|Buffer|__dirname|global) is not defined/,
    'the isolate is bare V8 and has nothing of the runtime',
  ],
  [
    /^(fetch|XMLHttpRequest|WebSocket) is not defined/,
    'the isolate has no network; code can reach outside only through granted tools',
  ],
  [
    /^(WebAssembly|SharedArrayBuffer|Atomics|WeakRef|FinalizationRegistry|Float16Array) is not defined/,
    'it was removed, because it gives memory beyond the limit, shared clocks or a view of the garbage collector',
  ],
  [/^eval is not/, 'the isolate cannot run code from strings'],
]

/** Explains which wall a step met. Returns undefined if the code simply failed. */
function explainRefusal({ status, error, calls }: Observation): string | undefined {
  if (error === undefined) return undefined
  if (status === 'timeout')
    return 'the step exceeded its time limit; its process was killed and the world rebuilt without this turn'
  if (status === 'out-of-memory')
    return 'the step exceeded its memory limit; its process was killed and the world rebuilt without this turn'
  if (status === 'canceled') return 'you interrupted it'
  if (error.name === 'CrashedError') return 'the process ended; a new one restores the world as it was before'
  if (error.name === 'ImportError')
    return 'only granted packages can be imported, and never modules of the runtime'
  if (error.name === 'EvalError') return 'Function and eval were removed, however code reaches them'
  if (error.name === 'DeadlockError')
    return 'no call is pending, and timers are calls too, so nothing could settle the promise'
  if (calls.some(({ reason }) => reason === 'refused'))
    return 'the host decides about every call, outside the reach of the code'
  return ABSENT.find(([pattern]) => pattern.test(error.message))?.[1]
}
