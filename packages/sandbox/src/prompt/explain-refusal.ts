import type { Observation } from '@bailiwick/contract/world'

/** What is not there, and why nobody needs it here. */
const ABSENT: readonly [RegExp, string][] = [
  [
    /^(process|require|module|Buffer|__dirname|global) is not defined/,
    'the isolate is bare V8: nothing of the runtime is inside',
  ],
  [
    /^(fetch|XMLHttpRequest|WebSocket) is not defined/,
    'there is no network inside; a granted tool is the only way out',
  ],
  [
    /^(WebAssembly|SharedArrayBuffer|Atomics|WeakRef|FinalizationRegistry|Float16Array) is not defined/,
    'it is taken away: memory beyond the limit, shared clocks, or a view of the garbage collector',
  ],
  [/^eval is not/, 'code from text is taken away'],
]

/** In a sentence, which wall a step met; undefined where it just failed. */
export function explainRefusal({ status, error, calls }: Observation): string | undefined {
  if (error === undefined) return undefined
  if (status === 'timeout')
    return 'the limit on time acted; the process was killed and the world built again without this turn'
  if (status === 'out-of-memory')
    return 'the limit on memory acted; the process was killed and the world built again without this turn'
  if (status === 'canceled') return 'you interrupted it'
  if (error.name === 'CrashedError') return 'the process ended; a new one has the world as it was before'
  if (error.name === 'ImportError')
    return 'only granted packages can be imported, and the runtime’s own modules never'
  if (error.name === 'EvalError') return 'Function and eval are taken away, wherever they are reached from'
  if (error.name === 'DeadlockError')
    return 'there are no timers but calls: nothing is under way that could settle it'
  if (calls.some(({ reason }) => reason === 'refused'))
    return 'the host decides about every call, outside, where the code cannot reach'
  return ABSENT.find(([pattern]) => pattern.test(error.message))?.[1]
}
