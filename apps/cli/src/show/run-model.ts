import type { CloudEvent } from '@bailiwick/bus'

/** One task as the screen knows it. */
export interface ShownTask {
  task: string
  name: string
  agent: string
  level?: number
  status: string
  step: number
  attempt: number
  tokens: number
  cost: number | null
  startedAt?: number
  endedAt?: number
  /** Why it did not complete. */
  errorCode?: string
  /** What it does right now: a tool's name, or that the model is asked. */
  doing?: string
  /** The asking task, where it is a delegation. */
  parent?: string
}

/** A run as the screen knows it: a fold over its events. */
export interface ShownRun {
  run: string
  status: string
  submittedAt?: number
  endedAt?: number
  planned: { name: string; agent: string; after: string[] }[]
  /** By task id, in order of creation. */
  tasks: Map<string, ShownTask>
  tokens: number
  cost: number | null
  artifacts: number
  errorCode?: string
}

export function emptyRun(run: string): ShownRun {
  return { run, status: 'submitted', planned: [], tasks: new Map(), tokens: 0, cost: 0, artifacts: 0 }
}

interface Usage {
  inputTokens: number
  outputTokens: number
  cost: number | null
}

/** Takes one event into the picture. `name` is the event's `<entity>.<verb>`. */
export function applyEvent(shown: ShownRun, name: string, event: CloudEvent): void {
  const at = Date.parse(event.time)
  const task = shown.tasks.get(event.task)
  if (name.startsWith('run.')) applyRunEvent(shown, name, event, at)
  if (name === 'task.created') addTask(shown, event)
  if (task !== undefined) applyTaskEvent(shown, task, name, event, at)
}

function applyRunEvent(shown: ShownRun, name: string, { data }: CloudEvent, at: number): void {
  if (name === 'run.submitted') shown.submittedAt = at
  if (name === 'run.planned') {
    shown.planned = read<ShownRun['planned']>(data, 'tasks') ?? []
    shown.status = 'working'
  }
  if (name === 'run.cancel-requested') shown.status = 'canceling'
  if (name !== 'run.ended') return
  shown.status = String(data.status)
  shown.endedAt = at
  shown.artifacts = read<unknown[]>(data, 'artifacts')?.length ?? 0
  setErrorCode(shown, data)
}

function setErrorCode(ended: { errorCode?: string }, data: CloudEvent['data']): void {
  const code = read<{ code: string }>(data, 'error')?.code
  if (code !== undefined) ended.errorCode = code
}

function addTask(shown: ShownRun, { task, agent, level, data }: CloudEvent): void {
  const parent = read<{ task: string }>(data, 'parent')?.task
  shown.tasks.set(task, {
    task,
    agent,
    name: String(data.name),
    status: 'submitted',
    step: 0,
    attempt: 0,
    tokens: 0,
    cost: 0,
    ...(level !== undefined && { level }),
    ...(parent !== undefined && { parent }),
  })
}

function applyTaskEvent(shown: ShownRun, task: ShownTask, name: string, event: CloudEvent, at: number): void {
  const { data } = event
  switch (name) {
    case 'task.started':
      task.status = 'working'
      task.attempt = Number(data.attempt)
      task.startedAt ??= at
      task.doing = 'thinking'
      return
    case 'step.replied': {
      task.step = Number(data.step)
      const usage = read<Usage>(data, 'usage')
      if (usage === undefined) return
      const tokens = usage.inputTokens + usage.outputTokens
      task.tokens += tokens
      shown.tokens += tokens
      task.cost = add(task.cost, usage.cost)
      shown.cost = add(shown.cost, usage.cost)
      return
    }
    case 'step.started':
      task.doing = 'code'
      return
    case 'call.started':
      task.doing = String(data.name)
      return
    case 'call.ended':
      task.doing = 'code'
      return
    case 'step.ended':
      task.doing = 'thinking'
      return
    case 'call.asked':
      task.status = 'input-required'
      task.doing = `asks to call ${String(data.name)}: bailiwick approve ${shown.run}`
      return
    case 'call.decided':
      task.status = 'working'
      task.doing = 'code'
      return
    case 'task.ended':
      task.status = String(data.status)
      setErrorCode(task, data)
      task.endedAt = at
      delete task.doing
      return
    default:
  }
}

function add(a: number | null, b: number | null): number | null {
  return a === null || b === null ? null : a + b
}

/** A field of an event's data; its shape is the protocol's. */
function read<T>(data: CloudEvent['data'], key: string): T | undefined {
  return data[key] as T | undefined
}
