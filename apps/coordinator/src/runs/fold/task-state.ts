import type { StepUsage } from '@bailiwick/bus'
import {
  addUsage,
  type JournalRecord,
  NO_USAGE,
  type Status,
  type TaskResult,
  type TaskSpec,
  taskResultOf,
  taskSpecOf,
  type Usage,
} from '@bailiwick/contract'

/** A task, folded from its own journal: what screens show and what cancel and delegation need. */
export interface TaskState {
  spec: TaskSpec
  /** Whose journal it is: its agent's, or the coordinator's own. */
  writer: string
  status: Status
  /** The host of the last attempt. */
  host?: string
  step: number
  /** Tool calls and delegations that were begun. */
  calls: number
  /** Of the task and, once it has ended, its delegates. */
  usage: Usage
  /** What the replies of each step used, delegates aside. */
  steps: StepUsage[]
  createdAt: number
  startedAt?: number
  endedAt?: number
  /** Calls that wait for a person. */
  asked: { call: string; name: string; arguments: string }[]
  result?: TaskResult
}

/**
 * The state after one more record; undefined until the task is created. A task is in one journal only: a host
 * may write under its own name whatever it likes, also of other agents' tasks.
 */
export function foldTask(
  state: TaskState | undefined,
  record: JournalRecord,
  writer: string,
): TaskState | undefined {
  if (record.type === 'task.created') {
    const { at } = record
    const spec = taskSpecOf(record)
    if (state !== undefined || ![spec.agent, 'coordinator'].includes(writer)) return state
    return {
      spec,
      writer,
      status: 'submitted',
      step: 0,
      calls: 0,
      usage: NO_USAGE,
      steps: [],
      createdAt: at,
      asked: [],
    }
  }
  return state?.writer === writer ? { ...state, ...change(state, record) } : state
}

/** Replies of one step follow each other: a plan, the action, its repairs. */
function addToStep(steps: StepUsage[], step: number, usage: Usage): StepUsage[] {
  const last = steps.at(-1)
  return last?.step === step
    ? steps.with(-1, { step, usage: addUsage(last.usage, usage) })
    : [...steps, { step, usage }]
}

function waiting(asked: TaskState['asked']): Status {
  return asked.length > 0 ? 'input-required' : 'working'
}

function change(state: TaskState, record: JournalRecord): Partial<TaskState> {
  switch (record.type) {
    case 'task.started':
      return { status: waiting(state.asked), host: record.host, startedAt: state.startedAt ?? record.at }
    case 'step.replied':
      return {
        step: record.step,
        usage: addUsage(state.usage, record.usage),
        steps: addToStep(state.steps, record.step, record.usage),
      }
    case 'call.started':
      return { calls: state.calls + 1 }
    case 'call.asked':
      return {
        status: 'input-required',
        asked: [...state.asked, { call: record.call, name: record.name, arguments: record.arguments }],
      }
    case 'call.decided': {
      const asked = state.asked.filter(({ call }) => call !== record.call)
      return { status: waiting(asked), asked }
    }
    case 'task.ended':
      return {
        status: record.status,
        // Who ends a task over its host's head knows nothing of what it used.
        usage: record.usage.replies > 0 ? record.usage : state.usage,
        endedAt: record.at,
        asked: [],
        result: taskResultOf(record),
      }
    default:
      return {}
  }
}
