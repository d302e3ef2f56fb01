import type { Json } from '@bailiwick/contract'

/** A reply of a test server. */
export interface ServedReply {
  text?: string
  thinking?: string
  calls?: { name: string; arguments: { [key: string]: Json } }[]
  /** Default: `stop`, or the protocol's word for calls. */
  finish?: string
  /** Default: counted from the characters. */
  usage?: { inputTokens: number; outputTokens: number; cachedTokens?: number; reasoningTokens?: number }
}

/** The parts of a chat request that both protocols have. */
export interface ServedRequest {
  model: string
  messages: { role: string; content: string }[]
  tools: string[]
  /** The complete body. */
  body: Record<string, unknown>
}

/** Chooses the reply to a chat request. A string is a reply with that text. */
export type ReplyChooser = (request: ServedRequest) => ServedReply | string | Promise<ServedReply | string>

const CHARACTERS_PER_TOKEN = 4

/** Counts tokens deterministically, and on purpose differently from the client's estimate. */
function countTokens(text: string): number {
  return Math.ceil(text.length / CHARACTERS_PER_TOKEN)
}

/** A reply with its text and its token counts. */
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

/** Splits a text into the pieces that a stream sends: words with the space after them. */
export function piecesOf(text: string): string[] {
  return text.match(/\S+\s*|\s+/g) ?? []
}
