import { BailiwickError, errorText } from '@bailiwick/contract/world'
import type IsolatedVm from 'isolated-vm'

type Reference = IsolatedVm.Reference

/** A value inside the guest's isolate, held from outside. */
export type Handle = { readonly handle: unique symbol }

export type Argument = string | number | boolean | Handle

/** The functions outside the isolate that the prelude may call. They take and return text only. */
export interface Door {
  print(line: string): void
  /** Id, name and encoded arguments of a call, separated by tabs. */
  call(text: string): void
  /** `over`: the step has settled. `dropped`: the code no longer waits for a call. Other text: the error of an entry. */
  note(what: string): void
  /** Returns the reason why a package is missing, as JSON `{ refused }`. */
  load(name: string): string
}

/** The door, and what only the engine itself notices. */
export interface EngineDoor extends Door {
  /** At the end of an entry, a promise is rejected and nothing awaits it: `name: message`. */
  rejected(what: string): void
}

/** Runs guest code. */
export interface Engine {
  /** Evaluates a script and holds its value. @throws GuestStopped, or the compiler's SyntaxError */
  evaluate(source: string, file: string, budgetMs: number): Handle
  /**
   * Calls a held function, which must not throw, and runs microtasks until none is left.
   *
   * @returns the function's text, or '' if it returned anything else
   */
  call(target: Handle, args: Argument[], budgetMs: number): string
  /** Holds the fields of an object. */
  fields<Name extends string>(target: Handle, names: readonly Name[]): Record<Name, Handle>
  /** Calls a function with the door and holds its result. */
  install(target: Handle, door: EngineDoor): Handle
  dispose(): void
}

/** Guest code was stopped. Its world cannot go on. */
export class GuestStopped extends BailiwickError {
  readonly reason: 'timeout' | 'out-of-memory' | 'crashed'

  constructor(reason: GuestStopped['reason'], message: string) {
    super('guest-stopped', message)
    this.reason = reason
  }
}

/**
 * Runs guest code in one isolate, synchronously on this thread, so that the isolate's timer also stops microtasks that
 * loop. Only text, numbers and booleans enter the isolate. A held reference enters it only dereferenced: guest code
 * must never see a `Reference`.
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
        // The entry did not throw: isolated-vm throws if a promise is rejected and nothing awaits it yet.
        rejected(rejectionText(error))
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

/** isolated-vm treats 0 as no limit. */
function budget(ms: number): number {
  return Math.max(1, Math.ceil(ms))
}

function stopped(error: unknown, disposed: boolean): unknown {
  const message = errorText(error)
  if (message === 'Script execution timed out.') return new GuestStopped('timeout', message)
  if (disposed || /memory limit|allocation failed/.test(message))
    return new GuestStopped('out-of-memory', message)
  if (error instanceof SyntaxError) return error
  return new GuestStopped('crashed', message)
}

/** Describes what guest code rejected a promise with. isolated-vm copies errors; of other objects it passes nothing. */
function rejectionText(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  return /^An object was thrown/.test(error.message) ? 'an object' : `${error.name}: ${error.message}`
}
