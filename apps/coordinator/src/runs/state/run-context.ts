import type { Bus } from '@bailiwick/bus'
import type { Model, TaskResult } from '@bailiwick/contract'
import type { LoadedConfig } from '../../config/load-config.ts'
import type { Team } from '../../team/team.ts'
import type { RunIndex } from '../run-index.ts'
import type { OwnTasks } from '../tasks/own-tasks.ts'
import type { RunLog } from './run-log.ts'
import type { TaskViews } from './task-views.ts'

/** Everything that the nodes of one run's graph use. */
export interface RunContext {
  bus: Bus
  config: LoadedConfig
  team: Team
  /** The run's own journal. */
  log: RunLog
  index: RunIndex
  /** Results of tasks that ended and are not in the run's own journal yet, by task. */
  ends: Map<string, TaskResult>
  /** Waits until a task ends. */
  untilEnd(task: string, signal: AbortSignal): Promise<TaskResult>
  /** Everything about the run's tasks, from their journals. */
  views(): Promise<TaskViews>
  /** Calls `admit` when earlier calls for this run have settled, so that each sees what the others have admitted. */
  oneByOne<T>(admit: () => Promise<T>): Promise<T>
  /** The coordinator's own tasks. */
  own: OwnTasks
  /** Has the open tasks of an agent ended if all its hosts keep dying. */
  needHost(agent: string): void
  /** The model of the planner and of the synthesiser. */
  model(): Promise<Model>
  /** Takes the end of an own task, or why it broke off. */
  finished(task: string, outcome: { result: TaskResult } | { error: unknown }): void
  signal: AbortSignal
  /** Whether the run's open tasks are being stopped, so that none of them may be resumed. */
  isEnding: boolean
}
