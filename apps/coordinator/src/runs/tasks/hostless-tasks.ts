import type { Bus } from '@bailiwick/bus'
import { errorText } from '@bailiwick/contract'
import type { Team } from '../../team/team.ts'
import type { IndexedTask } from '../run-index.ts'
import { endTask } from './task-lifecycle.ts'

export interface HostlessOptions {
  bus: Bus
  team: Pick<Team, 'needHost' | 'untilLost'>
  /** The open tasks of an agent. */
  open(agent: string): IndexedTask[]
  signal: AbortSignal
  warn(message: string): void
}

/** Ends the open tasks of agents whose hosts all keep dying, because their runs would wait for ever. */
export class HostlessTasks {
  readonly #options: HostlessOptions
  readonly #watched = new Set<string>()

  constructor(options: HostlessOptions) {
    this.#options = options
  }

  /** Watches the hosts of an agent that gets a task. */
  watch(agent: string): void {
    const { signal, team, warn } = this.#options
    if (this.#watched.has(agent)) {
      team.needHost(agent)
      return
    }
    this.#watched.add(agent)
    this.#endWhenLost(agent)
      .catch((error: unknown) => {
        if (!signal.aborted) warn(`Cannot end the tasks of ${agent}, which has no host: ${errorText(error)}`)
      })
      .finally(() => this.#watched.delete(agent))
  }

  async #endWhenLost(agent: string): Promise<void> {
    const { bus, team, open, signal } = this.#options
    const message = await team.untilLost(agent, signal)
    for (const { run, task, asked } of open(agent)) {
      const error = { code: 'no-host', message }
      await endTask(bus, { writer: agent, run, task }, { status: 'failed', error }, asked)
    }
  }
}
