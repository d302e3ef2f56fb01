import type { Bus } from '@bailiwick/bus'
import type { Model } from '@bailiwick/contract'
import type { LoadedConfig } from '../../config/load-config.ts'
import type { Team } from '../../team/team.ts'
import type { RunLog } from './run-log.ts'
import type { RunWatch } from './run-watch.ts'

/** Everything that the nodes of one run's graph use. */
export interface RunContext {
  bus: Bus
  config: LoadedConfig
  team: Team
  /** The run's own journal. */
  log: RunLog
  /** The journals of its tasks. */
  watch: RunWatch
  /** The model of the planner and of the synthesiser. */
  model(): Promise<Model>
  /** By task id: attempts whose result is awaited. */
  settling: Map<string, Promise<void>>
  signal: AbortSignal
}
