import {
  type Model,
  ModelError,
  type ModelEvent,
  type ModelReply,
  type ModelRequest,
} from '@bailiwick/contract'

/** One reply of a script: its text, or any fields of a reply. */
export type ScriptedReply =
  | string
  | (Partial<Omit<ModelReply, 'calls'>> & { calls?: { name: string; arguments: unknown }[] })

/** Replies in order, or a function that makes each reply from its request. */
export type Script = readonly ScriptedReply[] | ((request: ModelRequest) => ScriptedReply)

/** A model for tests that gives scripted replies. `requests` holds the requests that it received. */
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
          `the script has ${requests.length - 1} replies, and the agent asked for one more; add a reply to the script`,
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
