import type { Json } from '@bailiwick/contract'

/** What a test server answers. */
export interface ServedReply {
  text?: string
  thinking?: string
  calls?: { name: string; arguments: { [key: string]: Json } }[]
  /** Default: `stop`, or what the protocol uses for calls. */
  finish?: string
  /** Default: counted from the characters. */
  usage?: { inputTokens: number; outputTokens: number; cachedTokens?: number; reasoningTokens?: number }
}

/** The part of a chat request that both protocols share, for functions that choose a reply by it. */
export interface ServedRequest {
  model: string
  messages: { role: string; content: string }[]
  tools: string[]
  /** The whole body, as it came. */
  body: Record<string, unknown>
}

export type ReplyChooser = (request: ServedRequest) => ServedReply | string | Promise<ServedReply | string>

const CHARACTERS_PER_TOKEN = 4

/** A stand-in for a tokenizer: deterministic, and different from the client's estimate on purpose. */
export function countTokens(text: string): number {
  return Math.ceil(text.length / CHARACTERS_PER_TOKEN)
}

/** What is to be answered, with its counts. */
export type CountedReply = ServedReply & { text: string; usage: NonNullable<ServedReply['usage']> }

export async function chooseReply(choose: ReplyChooser, request: ServedRequest): Promise<CountedReply> {
  const chosen = await choose(request)
  const reply = typeof chosen === 'string' ? { text: chosen } : chosen
  const prompt = request.messages.reduce((sum, { content }) => sum + countTokens(content), 0)
  const calls = reply.calls ? JSON.stringify(reply.calls) : ''
  const output = countTokens(`${reply.text ?? ''}${reply.thinking ?? ''}${calls}`)
  return {
    ...reply,
    text: reply.text ?? '',
    usage: reply.usage ?? { inputTokens: prompt, outputTokens: output },
  }
}

/** A text in the pieces in which it is streamed: words with the space after them. */
export function piecesOf(text: string): string[] {
  return text.match(/\S+\s*|\s+/g) ?? []
}
