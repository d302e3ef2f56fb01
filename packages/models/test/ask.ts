import type { GenerateOptions, Model, ModelEvent, ModelReply, ModelRequest } from '@bailiwick/contract'

export const request: ModelRequest = {
  messages: [{ role: 'user', content: 'What is it?' }],
  purpose: 'act',
  lane: { agent: 'a', task: 't1', step: 1 },
}

/** Collects the events of a call. Fails if the last one is not a reply. */
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

/** The text that remains valid: the deltas after the last `restart`. */
export function textOf(events: readonly ModelEvent[]): string {
  const start = events.findLastIndex(({ type }) => type === 'restart') + 1
  return events
    .slice(start)
    .map((event) => (event.type === 'text' ? event.text : ''))
    .join('')
}
