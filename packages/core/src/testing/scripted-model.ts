import {
  type Model,
  ModelError,
  type ModelEvent,
  type ModelReply,
  type ModelRequest,
} from '@bailiwick/contract'

/** One reply of a script: its text, or text, calls and the like. */
export type ScriptedReply =
  | string
  | (Partial<Omit<ModelReply, 'calls'>> & { calls?: { name: string; arguments: unknown }[] })

/** Replies in order, or a function from the request. */
export type Script = readonly ScriptedReply[] | ((request: ModelRequest) => ScriptedReply)

/** A model that says what it is told to: for tests. `requests` holds what it was asked. */
export function scriptedModel(
  script: Script,
  id = 'scripted/test',
): Model & { readonly requests: ModelRequest[] } {
  const requests: ModelRequest[] = []
  return {
    id,
    requests,
    async *generate(request, { signal }): AsyncIterable<ModelEvent> {
      signal.throwIfAborted()
      requests.push(request)
      const next = typeof script === 'function' ? script(request) : script[requests.length - 1]
      if (next === undefined)
        throw new ModelError(
          'model-script',
          `the script has ${requests.length - 1} replies; one more was asked for`,
        )
      const reply = wholeReply(next, id)
      if (reply.text !== '') yield { type: 'text', text: reply.text }
      yield { type: 'reply', reply }
    },
  }
}

function wholeReply(scripted: ScriptedReply, model: string): ModelReply {
  const given = typeof scripted === 'string' ? { text: scripted } : scripted
  const calls = (given.calls ?? []).map((call, index) => ({ id: `call-${index}`, ...call }))
  return {
    text: '',
    finish: calls.length > 0 ? 'calls' : 'stop',
    usage: { inputTokens: 10, cachedTokens: 0, outputTokens: 5, reasoningTokens: 0, replies: 1, cost: 0 },
    model,
    timing: { firstMs: 0, totalMs: 0 },
    ...given,
    calls,
  }
}
