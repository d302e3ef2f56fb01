import type IsolatedVm from 'isolated-vm'
import type { Argument, Engine, EngineDoor, Handle } from './engine.ts'
import { GuestStopped } from './guest-stopped.ts'

type Reference = IsolatedVm.Reference

/**
 * One isolate, driven synchronously on this thread: its timer stops code that loops, microtasks
 * included. Only text, numbers and booleans cross; references are held here and never passed in but
 * as what they stand for.
 */
export function isolateEngine(ivm: typeof IsolatedVm, memoryMb: number): Engine {
  const isolate = new ivm.Isolate({ memoryLimit: memoryMb })
  const context = isolate.createContextSync()
  const hold = (value: unknown) => value as unknown as Handle
  const held = (handle: Handle) => handle as unknown as Reference
  let rejected: EngineDoor['rejected'] = () => {}

  const pass = (arg: Argument) => (typeof arg === 'object' ? held(arg).derefInto() : arg)

  function guarded<T>(action: () => T): T {
    try {
      return action()
    } catch (error) {
      throw stopped(error, isolate.isDisposed)
    }
  }

  return {
    evaluate(source, file, budgetMs) {
      return guarded(() => {
        const script = isolate.compileScriptSync(source, { filename: file })
        const value = script.runSync(context, { timeout: budget(budgetMs), reference: true })
        script.release()
        return hold(value)
      })
    },
    call(target, args, budgetMs) {
      try {
        const passed = args.some((arg) => typeof arg === 'object') ? args.map(pass) : args
        const result: unknown = held(target).applySync(undefined, passed, { timeout: budget(budgetMs) })
        return typeof result === 'string' ? result : ''
      } catch (error) {
        const why = stopped(error, isolate.isDisposed)
        if (why instanceof GuestStopped && why.reason !== 'crashed') throw why
        // The function does not throw: isolated-vm does, for a promise that nothing waits for yet.
        rejected(inWords(error))
        return ''
      }
    },
    fields(target, names) {
      const found: Record<string, Handle> = {}
      for (const name of names) found[name] = hold(held(target).getSync(name, { reference: true }))
      return found as Record<(typeof names)[number], Handle>
    },
    install(target, door: EngineDoor) {
      rejected = door.rejected
      return guarded(() => {
        const made = context.evalSync('(f,print,call,note,load)=>f({__proto__:null,print,call,note,load})', {
          reference: true,
        })
        const callbacks = [door.print, door.call, door.note, door.load].map(
          (entry) => new ivm.Callback(entry),
        )
        return hold(
          made.applySync(undefined, [held(target).derefInto(), ...callbacks], {
            result: { reference: true },
          }),
        )
      })
    },
    dispose() {
      if (!isolate.isDisposed) isolate.dispose()
    },
  }
}

/** isolated-vm takes 0 for no limit at all. */
function budget(ms: number): number {
  return Math.max(1, Math.ceil(ms))
}

function stopped(error: unknown, disposed: boolean): unknown {
  const message = error instanceof Error ? error.message : String(error)
  if (message === 'Script execution timed out.') return new GuestStopped('timeout', message)
  if (disposed || /memory limit|allocation failed/.test(message))
    return new GuestStopped('out-of-memory', message)
  if (error instanceof SyntaxError) return error
  return new GuestStopped('crashed', message)
}

/** What guest code has rejected a promise with, copied: of an object that is no error nothing comes out. */
function inWords(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  return /^An object was thrown/.test(error.message) ? 'an object' : `${error.name}: ${error.message}`
}
