import { type Bus, prepareQueue } from '@bailiwick/bus'
import type { LoadedConfig } from '../config/load-config.ts'

/**
 * How often the server delivers a task that no host starts. It exceeds the attempts that a host allows, so that the
 * task ends with the reason that it kills its hosts before the server silently stops delivering it.
 */
const MAX_DELIVER = 10

/** Creates an agent's queue and buckets with the limits of the configuration. */
export function prepareAgentQueue(
  bus: Bus,
  { streams }: Pick<LoadedConfig, 'streams'>,
  agent: string,
): Promise<void> {
  return prepareQueue(bus, agent, { maxDeliver: MAX_DELIVER, limits: streams })
}
