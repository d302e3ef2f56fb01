import { type Bus, followExcessReaders } from '@bailiwick/bus'
import type { Broker } from '../broker/broker.ts'
import { killGroup } from '../processes/end-process.ts'
import type { Hosts } from '../processes/hosts.ts'
import type { RefusalBatch } from './journal-refusals.ts'

/**
 * Evicts each user that has more than `limit` readers of streams: revokes its key, kills its processes if this daemon
 * runs them (they restart with a new key), and deletes its readers. Yields a refusal for each eviction.
 */
export async function* evictExcessReaders(
  daemon: { bus: Bus; broker: Broker; hosts: Hosts; limit: number; note(line: string): void },
  signal: AbortSignal,
): AsyncGenerator<RefusalBatch> {
  const { bus, broker, hosts, limit, note } = daemon
  const revoke = async (user: string) => {
    await broker.revoke?.(user)
    return broker.revoke !== undefined
  }
  for await (const { name, readers } of followExcessReaders(bus, { limit, revoke }, signal)) {
    note(`Evicting ${name}: expected at most ${limit} readers of streams, found ${readers}.`)
    for (const child of hosts.report()) {
      const isItsOwn = child.name === name || child.agent === name
      if (isItsOwn && child.pid !== undefined) killGroup(child.pid)
    }
    yield { refused: [{ user: name, action: 'readers' }], incomplete: false }
  }
}
