import { type ModelCall, parseJson } from '@bailiwick/contract'

/** A piece of a tool call, or a whole one. */
export interface CallFragment {
  /** The call's position in the reply. Some servers leave it out and send whole calls. */
  index?: number | undefined
  id?: string | undefined
  name?: string | undefined
  /** Text to append, or the complete arguments. */
  arguments?: string | Record<string, unknown> | undefined
}

interface OpenCall {
  id: string
  name: string
  text: string
  whole?: Record<string, unknown>
}

/** Joins the fragments of streamed tool calls. */
export class CallFragments {
  readonly #calls: OpenCall[] = []
  readonly #byIndex = new Map<number, OpenCall>()

  add(fragment: CallFragment): void {
    const call = this.#callOf(fragment)
    // Some servers repeat id and name in every fragment, so these replace the old ones and only arguments add up.
    call.id = fragment.id || call.id
    call.name = fragment.name || call.name
    if (typeof fragment.arguments === 'string') call.text += fragment.arguments
    else if (fragment.arguments !== undefined) call.whole = fragment.arguments
  }

  /** All calls in order. Replaces missing and duplicate ids, because results are matched by id. */
  finish(): ModelCall[] {
    const used = new Set<string>()
    return this.#calls.map((call, place) => {
      const id = call.id === '' || used.has(call.id) ? `call_${place + 1}` : call.id
      used.add(id)
      return { id, name: call.name, arguments: call.whole ?? parseArguments(call.text) }
    })
  }

  #callOf(fragment: CallFragment): OpenCall {
    const current = this.#currentOf(fragment)
    if (current !== undefined && !startsAnother(current, fragment)) return current
    const call: OpenCall = { id: '', name: '', text: '' }
    this.#calls.push(call)
    if (fragment.index !== undefined) this.#byIndex.set(fragment.index, call)
    return call
  }

  /** Without an index, a name begins a call and anything else continues the last one. */
  #currentOf(fragment: CallFragment): OpenCall | undefined {
    if (fragment.index !== undefined) return this.#byIndex.get(fragment.index)
    return fragment.name ? undefined : this.#calls.at(-1)
  }
}

/** Some servers send several calls under index 0, which differ only in their ids. */
function startsAnother(call: OpenCall, fragment: CallFragment): boolean {
  return Boolean(fragment.id && call.id && fragment.id !== call.id && fragment.name)
}

/** The parsed arguments, or the raw text if it is not JSON: the gate explains the mistake to the model. */
function parseArguments(text: string): unknown {
  if (text.trim() === '') return {}
  const value = parseJson(text)
  return value === undefined ? text : value
}
