/** A value inside the guest's isolate, held from outside. */
export type Handle = { readonly handle: unique symbol }

export type Argument = string | number | boolean | Handle

/** Functions of text that the guest's prelude may call. */
export interface Door {
  print(line: string): void
  /** Id, name and encoded arguments, tabs between. */
  call(text: string): void
  /** The step is over, a call is no longer waited for, or an entry threw: then the words of its error. */
  note(what: string): void
  /** Why a package cannot be had, as JSON `{ refused }`. */
  load(name: string): string
}

/** What an engine itself tells. */
export interface EngineDoor extends Door {
  /** A promise was rejected and nothing waits for it, at the end of an entry: `name: message`. */
  rejected(what: string): void
}

/** Where guest code runs: an isolate, or for tests of the loop a context of this process. */
export interface Engine {
  /** Evaluates a script and holds its value. @throws GuestStopped, or the compiler's SyntaxError */
  evaluate(source: string, file: string, budgetMs: number): Handle
  /** Calls a held function that never throws; microtasks are done when it returns. Gives text, '' for anything else. */
  call(target: Handle, args: Argument[], budgetMs: number): string
  /** Holds the fields of an object. */
  fields<Name extends string>(target: Handle, names: readonly Name[]): Record<Name, Handle>
  /** Calls a function with the door and holds its result. */
  install(target: Handle, door: EngineDoor): Handle
  dispose(): void
}
