import type { AgentEvent, TaskSpec } from '@bailiwick/contract'
import type { Bus } from '../connect/bus.ts'
import { parseLiveSubject, SUBJECTS } from '../protocol/subjects.ts'
import { readableOwner } from '../protocol/users.ts'
import { publishCore } from '../publish/publish-core.ts'
import { Buffered } from '../streams/buffered.ts'

/** Shows something that is worth seeing now and not worth keeping: token deltas, console lines. */
export function publishLive(
  bus: Bus,
  from: Pick<TaskSpec, 'owner' | 'agent' | 'run' | 'task'>,
  event: AgentEvent,
): void {
  if (bus.link.up)
    publishCore(bus, SUBJECTS.live(from.owner, from.agent, from.run, from.task), JSON.stringify(event))
}

/** Something that an agent showed. */
export interface LiveMessage {
  owner: string
  agent: string
  run: string
  task: string
  event: AgentEvent
}

/** What agents show from now on, until aborted. What happens while disconnected is missed. */
export async function* followLive(
  bus: Bus,
  options: { run?: string; agent?: string; signal?: AbortSignal } = {},
): AsyncGenerator<LiveMessage> {
  const messages = new Buffered<LiveMessage>(options.signal)
  const subscription = bus.connection.subscribe(
    SUBJECTS.live(readableOwner(bus), options.agent ?? '*', options.run ?? '*', '*'),
    {
      callback: (error, message) => {
        if (error !== null) return messages.end(error)
        const from = parseLiveSubject(message.subject)
        const event = parseEvent(message.string())
        if (from !== undefined && event !== undefined) messages.push({ ...from, event })
      },
    },
  )
  const forget = bus.link.onShutOut((error) => messages.end(error))
  try {
    yield* messages
  } finally {
    forget()
    if (!subscription.isClosed()) subscription.unsubscribe()
  }
}

/** Only agents themselves may publish here, so that the shape is taken on trust; the subject is not. */
function parseEvent(text: string): AgentEvent | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null && 'type' in value ? (value as AgentEvent) : undefined
  } catch {
    return undefined
  }
}
