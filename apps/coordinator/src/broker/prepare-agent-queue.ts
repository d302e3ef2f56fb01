import { type Bus, prepareQueue } from '@bailiwick/bus'
import type { LoadedConfig } from '../config/load-config.ts'

/**
 * Deliveries of one task that led to no attempt, or were put back. More than the attempts that a host allows
 * (those of hosts that died stand in the journal), so that a host says that the task kills hosts before the
 * server silently stops delivering it.
 */
const MAX_DELIVER = 10

/** Makes an agent's queue and buckets, within the limits that the configuration names. */
export function prepareAgent(
  bus: Bus,
  { streams }: Pick<LoadedConfig, 'streams'>,
  agent: string,
): Promise<void> {
  return prepareQueue(bus, agent, { maxDeliver: MAX_DELIVER, limits: streams })
}
