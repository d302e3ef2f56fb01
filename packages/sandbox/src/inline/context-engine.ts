import { createContext, Script } from 'node:vm'
import type { Door, Engine, Handle } from '../child/engine.ts'
import { GuestStopped } from '../child/guest-stopped.ts'

type Callable = (...args: unknown[]) => unknown

/**
 * A `node:vm` context of this process: fast to make, and no wall at all. Guest code that tries can
 * leave it.
 */
export function contextEngine(): Engine {
  // Its own microtask queue, drained by the time an evaluation returns.
  const context = createContext({}, { microtaskMode: 'afterEvaluate' })
  const hold = (value: unknown) => value as Handle
  let run: () => unknown = () => undefined
  Object.defineProperty(context, '$run', { value: () => run(), enumerable: false })
  const entry = new Script('$run()', { filename: 'bailiwick:entry' })

  const inside = (action: () => unknown, budgetMs: number): unknown => {
    run = action
    return guarded(() => entry.runInContext(context, { timeout: Math.max(1, Math.ceil(budgetMs)) }))
  }
  return {
    evaluate(source, file, budgetMs) {
      return guarded(() => {
        const script = new Script(source, { filename: file })
        return hold(script.runInContext(context, { timeout: Math.max(1, Math.ceil(budgetMs)) }))
      })
    },
    call(target, args, budgetMs) {
      const result = inside(() => (target as unknown as Callable)(...args), budgetMs)
      return typeof result === 'string' ? result : ''
    },
    fields(target, names) {
      const fields = target as unknown as Record<string, Handle>
      return Object.fromEntries(names.map((name) => [name, fields[name]])) as Record<
        (typeof names)[number],
        Handle
      >
    },
    install(target, door: Door) {
      return hold(inside(() => (target as unknown as Callable)(door), 10_000))
    },
    dispose() {},
  }
}

function guarded<T>(action: () => T): T {
  try {
    return action()
  } catch (error) {
    const { code, message, name } = error as { code?: string; message?: string; name?: string }
    if (code === 'ERR_SCRIPT_EXECUTION_TIMEOUT') throw new GuestStopped('timeout', message ?? '')
    if (name === 'SyntaxError') throw new SyntaxError(message)
    throw new GuestStopped('crashed', String(message))
  }
}
