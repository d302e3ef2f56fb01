import type { GenerateOptions, Model, ModelEvent, ModelReply, ModelRequest } from '@bailiwick/contract'

export const request: ModelRequest = {
  messages: [{ role: 'user', content: 'What is it?' }],
  purpose: 'act',
  lane: { agent: 'a', task: 't1', step: 1 },
}

/** Everything that a call yields; fails where no reply comes last. */
export async function ask(
  model: Model,
  options: Partial<GenerateOptions> = {},
  asked = request,
): Promise<{ events: ModelEvent[]; reply: ModelReply }> {
  const events: ModelEvent[] = []
  const signal = options.signal ?? new AbortController().signal
  for await (const event of model.generate(asked, { ...options, signal })) events.push(event)
  const last = events.at(-1)
  if (last?.type !== 'reply') throw new Error('no reply at the end')
  return { events, reply: last.reply }
}

/** The text that is left when every `restart` has voided what came before it. */
export function textOf(events: readonly ModelEvent[]): string {
  const start = events.findLastIndex(({ type }) => type === 'restart') + 1
  return events
    .slice(start)
    .map((event) => (event.type === 'text' ? event.text : ''))
    .join('')
}
