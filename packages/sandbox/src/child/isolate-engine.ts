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

/** Runs guest code. */
export interface Engine {
  /** Evaluates a script and holds its value. @throws GuestStopped, or the compiler's SyntaxError */
  evaluate(source: string, file: string, budgetMs: number): Handle
  /**
   * Calls a held function and runs microtasks until none is left.
   *
   * @returns the function's text, or '' if it returned anything else
   * @throws GuestStopped; GuestThrew if the function threw, or left a rejected promise that nothing awaits
   */
  call(target: Handle, args: Argument[], budgetMs: number): string
  /** Holds the fields of an object. */
  fields<Name extends string>(target: Handle, names: readonly Name[]): Record<Name, Handle>
  /** Calls a function with the door and holds its result. */
  install(target: Handle, door: Door): Handle
  /** Tells whether guest code holds more than half of the memory that it may have. */
  isFilling(): boolean
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

/** Guest code threw something, or rejected a promise with it, and nothing in the guest caught it. The message is `name: message`. */
export class GuestThrew extends BailiwickError {
  constructor(what: string) {
    super('guest-threw', what)
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

  const pass = (arg: Argument) => (typeof arg === 'object' ? held(arg).derefInto() : arg)

  /** Why code was stopped, or undefined if it was not. Ignores the error's message, which guest code may have written. */
  function stopped(began: number, budgetMs: number): GuestStopped | undefined {
    if (isolate.isDisposed) return new GuestStopped('out-of-memory', 'the isolate reached its memory limit')
    // isolated-vm's timer runs on another clock.
    if (performance.now() - began < budget(budgetMs) - CLOCK_MS) return undefined
    return new GuestStopped('timeout', 'Script execution timed out.')
  }

  function guarded<T>(budgetMs: number, action: () => T): T {
    const began = performance.now()
    try {
      return action()
    } catch (error) {
      const why = stopped(began, budgetMs)
      if (why !== undefined) throw why
      throw error instanceof SyntaxError ? error : new GuestStopped('crashed', errorText(error))
    }
  }

  return {
    evaluate(source, file, budgetMs) {
      return guarded(budgetMs, () => {
        const script = isolate.compileScriptSync(source, { filename: file })
        const value = script.runSync(context, { timeout: budget(budgetMs), reference: true })
        script.release()
        return hold(value)
      })
    },
    call(target, args, budgetMs) {
      const passed = args.some((arg) => typeof arg === 'object') ? args.map(pass) : args
      const began = performance.now()
      try {
        const result: unknown = held(target).applySync(undefined, passed, { timeout: budget(budgetMs) })
        return typeof result === 'string' ? result : ''
      } catch (error) {
        throw stopped(began, budgetMs) ?? new GuestThrew(thrownText(error))
      }
    },
    fields(target, names) {
      const found: Record<string, Handle> = {}
      for (const name of names) found[name] = hold(held(target).getSync(name, { reference: true }))
      return found as Record<(typeof names)[number], Handle>
    },
    install(target, door) {
      return guarded(INSTALL_MS, () => {
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
    isFilling() {
      const { used_heap_size: heap, externally_allocated_size: external } = isolate.getHeapStatisticsSync()
      return heap + external > (memoryMb * 1_048_576) / 2
    },
    dispose() {
      if (!isolate.isDisposed) isolate.dispose()
    },
  }
}

/** The least difference between two clocks that counts, ms. */
const CLOCK_MS = 1
/** Time limit for the prelude's installation, ms. */
const INSTALL_MS = 10_000

/** isolated-vm treats 0 as no limit. */
function budget(ms: number): number {
  return Math.max(1, Math.ceil(ms))
}

/** Describes what guest code threw. isolated-vm copies errors; of other objects it passes nothing. */
function thrownText(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  return /^An object was thrown/.test(error.message) ? 'an object' : `${error.name}: ${error.message}`
}
