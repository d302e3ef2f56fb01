import type { AgentEvent, JournalRecord } from '@bailiwick/contract'

type Payloads = { [K in JournalRecord['type']]: Extract<JournalRecord, { type: K }> } & {
  [K in Exclude<AgentEvent['type'], 'record'>]: Extract<AgentEvent, { type: K }>
}

/** A function for each type of record (`step.replied`, `step.ended`, …) or live event (`text`, `print`, …). */
export type Callbacks = { [K in keyof Payloads]?: (payload: Payloads[K]) => unknown }

/**
 * Passes events through, and calls the function for each event's type. The stream waits for the function and fails
 * if it throws.
 *
 * @example
 * for await (const event of callBack(runLoop(options), { 'step.ended': ({ step, status }) => log(step, status) })) …
 */
export async function* callBack(
  events: AsyncIterable<AgentEvent>,
  callbacks: Callbacks,
): AsyncGenerator<AgentEvent> {
  for await (const event of events) {
    const payload = event.type === 'record' ? event.record : event
    // The type checker cannot relate a union's member to the function under its type.
    const callback = callbacks[payload.type] as ((payload: AgentEvent | JournalRecord) => unknown) | undefined
    await callback?.(payload)
    yield event
  }
}
