import type { AgentEvent, JournalRecord } from '@bailiwick/contract'

type Told = { [K in JournalRecord['type']]: Extract<JournalRecord, { type: K }> } & {
  [K in Exclude<AgentEvent['type'], 'record'>]: Extract<AgentEvent, { type: K }>
}

/** A function for each kind of thing that happens: of a record (`step.replied`, `step.ended`, …) or live (`text`, …). */
export type Callbacks = { [K in keyof Told]?: (what: Told[K]) => unknown }

/**
 * The same events, with a function called for each kind that has one; the stream waits for it.
 *
 * @example
 * for await (const event of callBack(runLoop(options), { 'step.ended': ({ step, status }) => log(step, status) })) …
 */
export async function* callBack(
  events: AsyncIterable<AgentEvent>,
  callbacks: Callbacks,
): AsyncGenerator<AgentEvent> {
  for await (const event of events) {
    const what = event.type === 'record' ? event.record : event
    // One union's member and the function under its own name: a relation that the type checker cannot follow.
    const callback = callbacks[what.type] as ((what: AgentEvent | JournalRecord) => unknown) | undefined
    await callback?.(what)
    yield event
  }
}
