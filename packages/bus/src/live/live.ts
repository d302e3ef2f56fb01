import { type AgentEvent, AsyncQueue, parseJson, type TaskSpec } from '@bailiwick/contract'
import type { Bus } from '../connect/bus.ts'
import { parseLiveSubject, SUBJECTS } from '../protocol/subjects.ts'
import { readableOwner } from '../protocol/users.ts'
import { publishCore } from '../publish/publish-core.ts'

/** Publishes something to show now that is not stored: token deltas, console lines. Lost while disconnected. */
export function publishLive(
  bus: Bus,
  from: Pick<TaskSpec, 'owner' | 'agent' | 'run' | 'task'>,
  event: AgentEvent,
): void {
  if (!bus.link.up) return
  publishCore(bus, SUBJECTS.live(from.owner, from.agent, from.run, from.task), JSON.stringify(event))
}

/** A live event, and where it comes from. */
export interface LiveMessage {
  owner: string
  agent: string
  run: string
  task: string
  event: AgentEvent
}

/**
 * Live events from now on, until aborted. Misses what is published while disconnected. A named user gets those of its
 * own runs.
 *
 * @throws BusError `bus-auth` if the server no longer accepts the credentials; PermissionViolationError
 */
export async function* followLive(
  bus: Bus,
  options: { run?: string; agent?: string; signal?: AbortSignal } = {},
): AsyncGenerator<LiveMessage> {
  const messages = new AsyncQueue<LiveMessage>(options.signal)
  const subject = SUBJECTS.live(readableOwner(bus), options.agent ?? '*', options.run ?? '*', '*')
  const subscription = bus.connection.subscribe(subject, {
    callback: (error, message) => {
      if (error !== null) return messages.fail(error)
      const from = parseLiveSubject(message.subject)
      const event = parseEvent(message.string())
      if (from !== undefined && event !== undefined) messages.push({ ...from, event })
    },
  })
  const removeListener = bus.link.onAuthFailed((error) => messages.fail(error))
  try {
    yield* messages
  } finally {
    removeListener()
    if (!subscription.isClosed()) subscription.unsubscribe()
  }
}

/** Trusts the shape, because only agents may publish here. The subject is checked. */
function parseEvent(text: string): AgentEvent | undefined {
  const value = parseJson(text)
  return typeof value === 'object' && value !== null && 'type' in value ? (value as AgentEvent) : undefined
}
