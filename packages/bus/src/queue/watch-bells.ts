import type { Bus } from '../connect/bus.ts'
import { SUBJECTS } from '../protocol/subjects.ts'

/**
 * Calls `rung` for each new bell of an agent, until disposed. It misses bells that are rung while the connection is down;
 * {@link countBells} finds those that still wait. Only for the coordinator.
 */
export function watchBells(bus: Bus, agent: string, rung: () => void): Disposable {
  // The server passes on what is published for the stream.
  const subscription = bus.connection.subscribe(SUBJECTS.task(agent, '*'), {
    callback: (error) => {
      if (error === null) rung()
    },
  })
  return {
    [Symbol.dispose]: () => {
      if (!bus.connection.isClosed()) subscription.unsubscribe()
    },
  }
}
