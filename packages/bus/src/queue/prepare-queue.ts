import { InputError } from '@bailiwick/contract'
import { AckPolicy, DeliverPolicy, JetStreamApiError } from '@nats-io/jetstream'
import { nanos } from '@nats-io/transport-node'
import type { Bus } from '../connect/bus.ts'
import { STREAMS } from '../protocol/places.ts'
import { SUBJECTS } from '../protocol/subjects.ts'
import { persist } from '../publish/persist.ts'
import type { StreamLimits } from '../streams/stream-limits.ts'

/** Options of {@link prepareQueue}. */
export interface QueueOptions {
  /** A task is redelivered after this long without a sign of work, milliseconds. Default 30,000. */
  ackWaitMs?: number
  /** Deliveries after which a task becomes a dead letter. Default 5. */
  maxDeliver?: number
  /** Tasks that all hosts of the agent may hold together. Default 1,000. */
  maxHeld?: number
  limits?: StreamLimits
  signal?: AbortSignal
}

/** The server's code for a consumer that exists with another configuration. */
const CONSUMER_EXISTS = 10148

/**
 * Creates an agent's queue, or updates it to these options. Only the coordinator does this, because a
 * user that may create a consumer may also point it at other agents' tasks.
 *
 * @throws InputError for the agent name `coordinator`
 */
export async function prepareQueue(bus: Bus, agent: string, options: QueueOptions = {}): Promise<void> {
  const { ackWaitMs = 30_000, maxDeliver = 5, maxHeld = 1_000, limits = {}, signal } = options
  if (agent === 'coordinator')
    throw new InputError('The name "coordinator" is reserved. Choose another name for the agent.')
  const settings = {
    ack_wait: nanos(ackWaitMs),
    max_deliver: maxDeliver,
    max_ack_pending: maxHeld,
    num_replicas: limits.replicas ?? 1,
  }
  await persist(bus, `preparing the queue of ${agent}`, signal, async () => {
    try {
      await bus.jsm.consumers.add(STREAMS.task, {
        durable_name: agent,
        name: agent,
        filter_subject: SUBJECTS.task(agent, '*'),
        ack_policy: AckPolicy.Explicit,
        deliver_policy: DeliverPolicy.All,
        ...settings,
      })
    } catch (error) {
      // It exists with other settings, from another version or configuration.
      if (!(error instanceof JetStreamApiError) || error.code !== CONSUMER_EXISTS) throw error
      await bus.jsm.consumers.update(STREAMS.task, agent, settings)
    }
  })
}
