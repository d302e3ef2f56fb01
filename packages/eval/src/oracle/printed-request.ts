import type { ServedRequest } from '@bailiwick/models/testing'

/** How a request asks to work, from what it prints. */
export type Way = 'code' | 'steps' | 'round' | 'text'

/** A call in an earlier reply, and what came of it. */
export interface PastCall {
  name: string
  /** The arguments as JSON text. */
  arguments: string
  /** What the request shows as its result. Undefined if it shows none, or a failure. */
  result?: string
}

/** What an oracle reads of a request: all that a model would see. */
export interface PrintedRequest {
  way: Way
  system: string
  /** The texts of the user messages. */
  said: string
  /** The last user message after a reply: what came of it. Empty before the first reply. */
  observed: string
  /** Replies of the conversation so far. */
  replies: number
  tools: readonly string[]
  calls: readonly PastCall[]
}

interface WireMessage {
  role: string
  content?: unknown
  tool_calls?: { id: string; function: { name: string; arguments: string } }[]
  tool_call_id?: string
}

const FINAL = 'finalAnswer'

export function readRequest({ messages, tools, body }: ServedRequest): PrintedRequest {
  const texts = (role: string) =>
    messages.filter((message) => message.role === role).map(({ content }) => content)
  const system = texts('system').join('\n\n')
  const mayCall = tools.length > 0 && body.tool_choice !== 'none'
  return {
    way: mayCall
      ? tools.includes(FINAL)
        ? 'steps'
        : 'round'
      : system.includes('<code>') && system.includes(`${FINAL}(`)
        ? 'code'
        : 'text',
    system,
    said: texts('user').join('\n\n'),
    observed: observedIn(messages),
    replies: texts('assistant').length,
    tools,
    calls: pastCalls((body.messages ?? []) as WireMessage[]),
  }
}

function observedIn(messages: ServedRequest['messages']): string {
  const replied = messages.findLastIndex(({ role }) => role === 'assistant')
  const after = messages.slice(replied + 1).findLast(({ role }) => role === 'user')
  return replied < 0 ? '' : (after?.content ?? '')
}

function pastCalls(messages: readonly WireMessage[]): PastCall[] {
  const results = new Map<string, string>()
  for (const { role, tool_call_id: id, content } of messages) {
    if (role === 'tool' && id !== undefined)
      results.set(id, typeof content === 'string' ? content : JSON.stringify(content))
  }
  return messages.flatMap(({ tool_calls: calls = [] }) =>
    calls.map(({ id, function: { name, arguments: args } }) => {
      const result = results.get(id)
      const isUsable = result !== undefined && !/^(Call \S+ failed|not called)/.test(result)
      return { name, arguments: args, ...(isUsable && { result }) }
    }),
  )
}

/** A result as the value that it prints. Results are fenced as `<data>…</data>`. */
export function printedValue(result: string): unknown {
  const inside = /^\s*<([\w-]+)>\s*([\s\S]*?)\s*<\/\1>\s*$/.exec(result)?.[2] ?? result
  try {
    return JSON.parse(inside)
  } catch {
    return inside
  }
}
