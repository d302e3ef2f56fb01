import { type Bus, followExcess } from '@bailiwick/bus'
import type { Broker } from '../broker/broker.ts'
import { killGroup } from '../processes/end-process.ts'
import type { Hosts } from '../processes/hosts.ts'
import type { RefusalBatch } from './journal-refusals.ts'

/**
 * Cuts off whoever makes more readers of streams than `limit`: its key is withdrawn, its processes of this daemon are
 * killed (and started again, with another key), its readers deleted. Yields what is to be told of it.
 */
export async function* cutOffExcess(
  parts: { bus: Bus; broker: Broker; hosts: Hosts; limit: number; note(line: string): void },
  signal: AbortSignal,
): AsyncGenerator<RefusalBatch> {
  const { bus, broker, hosts, limit, note } = parts
  const withdraw = async (user: string) => {
    await broker.withdraw?.(user)
    return broker.withdraw !== undefined
  }
  for await (const { name, readers } of followExcess(bus, { limit, withdraw }, signal)) {
    note(
      `${name} has ${readers} readers of streams at once, more than the ${limit} it may have: it is cut off`,
    )
    for (const child of hosts.report()) {
      const isItsOwn = child.name === name || child.agent === name
      if (isItsOwn && child.pid !== undefined) killGroup(child.pid)
    }
    yield { refused: [{ user: name, action: 'readers' }], incomplete: false }
  }
}
