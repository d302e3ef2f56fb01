import { addUsage, NO_USAGE, type Status, type Usage } from '@bailiwick/contract'
import type { EntryOf, ViewEntry } from './view-entry.ts'

/** What a task is doing now. */
export type Activity =
  /** Waits for the model's reply, or runs code. */
  | { kind: 'model' | 'code' }
  /** Waits for this tool or delegate, or for a person's decision on it. */
  | { kind: 'call' | 'decision'; name: string }

/** Usage of the model replies of one step, without delegates. */
export interface StepUsage {
  step: number
  usage: Usage
}

/**
 * One task, folded from fields that records and events both have. It keeps some entries whole: folded from records
 * (`E` = `JournalRecord`) they have their texts, folded from events they have the marks of the texts.
 */
export interface TaskView<E extends ViewEntry = ViewEntry> {
  readonly created: EntryOf<E, 'task.created'>
  status: Status
  /** The number of the last attempt; 0 before the first. */
  attempt: number
  /** The host of the last attempt. */
  host?: string | undefined
  /** When the first attempt began, Unix milliseconds. */
  startedAt?: number | undefined
  /** The step that the model replied to last; 0 before the first reply. */
  step: number
  /**
   * Calls and delegations that left or have an outcome, without refused ones. A call that changes nothing counts when
   * it has an outcome, because its start has no event.
   */
  calls: number
  /** The calls of one step that are counted. Plain data, because views are stored. */
  counted?: { step: number; calls: Record<string, true> } | undefined
  /** Usage of the task's own replies; after the end, of its delegates too. */
  usage: Usage
  stepUsage: StepUsage[]
  /** Calls that wait for a person's decision. */
  asked: EntryOf<E, 'call.asked'>[]
  /** Present while no host has the task, because its calls wait for people and delegates. */
  waiting?: EntryOf<E, 'task.waiting'> | undefined
  /** For how long it has waited without a host, up to its last attempt, milliseconds. */
  leftMs: number
  /** Undefined before the first attempt and after the end. */
  activity?: Activity | undefined
  ended?: EntryOf<E, 'task.ended'> | undefined
}

/**
 * Folds one more entry of a task's journal, in place.
 *
 * @param view the view so far; undefined before `task.created`
 * @returns the view; undefined as long as the task is not created
 * @example
 * let view: TaskView<JournalRecord> | undefined
 * for await (const record of journal.read()) view = foldTaskView(view, record)
 */
export function foldTaskView<E extends ViewEntry>(
  view: TaskView<E> | undefined,
  entry: E,
): TaskView<E> | undefined {
  if (view === undefined) {
    return entry.type === 'task.created' ? newTaskView(entry as EntryOf<E, 'task.created'>) : undefined
  }
  applyToTaskView(view, entry)
  return view
}

/** The view of a task that was just created. */
export function newTaskView<E extends ViewEntry>(created: EntryOf<E, 'task.created'>): TaskView<E> {
  return { created, status: 'submitted', host: undefined, step: 0, stepUsage: [], ...newChapter() }
}

/** Usage of the task's own model replies, also after its end. */
export function ownUsage({ stepUsage }: Pick<TaskView, 'stepUsage'>): Usage {
  return stepUsage.map(({ usage }) => usage).reduce(addUsage, NO_USAGE)
}

/** Takes one more entry into the view, in place. */
export function applyToTaskView<E extends ViewEntry>(view: TaskView<E>, entry: E): void {
  // The compiler cannot relate the members of a generic union; entries are only stored, so their texts are kept.
  apply(view as unknown as TaskView, entry)
}

/** What starts afresh when an ended task gets another request. */
function newChapter() {
  return {
    attempt: 0,
    startedAt: undefined,
    calls: 0,
    counted: undefined,
    usage: NO_USAGE,
    asked: [],
    waiting: undefined,
    leftMs: 0,
    activity: undefined,
    ended: undefined,
  }
}

const ASKING: Activity = Object.freeze({ kind: 'model' })
const RUNNING: Activity = Object.freeze({ kind: 'code' })

function apply(view: TaskView, entry: ViewEntry): void {
  switch (entry.type) {
    case 'task.started':
      view.status = waitingStatus(view)
      view.attempt = entry.attempt
      view.host = entry.host
      view.startedAt ??= entry.at
      if (view.waiting !== undefined) {
        view.leftMs += Math.max(0, entry.at - (view.waiting.since ?? view.waiting.at))
      }
      view.waiting = undefined
      view.activity = ASKING
      return
    case 'task.continued':
      Object.assign(view, newChapter(), { status: 'submitted' })
      return
    case 'step.replied':
      view.step = entry.step
      view.usage = addUsage(view.usage, entry.usage)
      addStepUsage(view.stepUsage, entry.step, entry.usage)
      return
    case 'step.started':
      view.activity = RUNNING
      return
    case 'call.ended':
      if (entry.reason !== 'refused') countCall(view, entry)
      view.activity = RUNNING
      return
    case 'call.late':
      if (entry.reason !== 'refused') countCall(view, entry)
      return
    case 'step.ended':
      view.activity = ASKING
      return
    case 'call.started':
      // Without an event, it must not change views of records either.
      if (entry.effect === 'none') return
      countCall(view, entry)
      view.activity = { kind: 'call', name: entry.name }
      return
    case 'call.asked':
      view.asked.push(entry)
      view.status = 'input-required'
      view.activity = { kind: 'decision', name: entry.name }
      return
    // From the run's own journal, for views that show a decision before a host has recorded it.
    case 'run.decided':
    case 'call.decided':
    case 'call.withdrawn':
      view.asked = view.asked.filter(({ call }) => call !== entry.call)
      view.status = waitingStatus(view)
      view.activity = RUNNING
      return
    case 'task.waiting':
      view.waiting = entry
      return
    case 'task.ended':
      view.status = entry.status
      // The coordinator ends a task without a live host and does not know its usage.
      if (entry.usage.replies > 0) view.usage = entry.usage
      view.asked = []
      view.waiting = undefined
      view.ended = entry
      view.activity = undefined
      return
    default:
  }
}

/** Counts a call once. All entries of a step's calls come before those of the next step. */
function countCall(view: TaskView, { step, call }: { step: number; call: string }): void {
  if (view.counted?.step !== step) view.counted = { step, calls: {} }
  if (view.counted.calls[call]) return
  view.counted.calls[call] = true
  view.calls += 1
}

function waitingStatus({ asked }: TaskView): Status {
  return asked.length > 0 ? 'input-required' : 'working'
}

/** The replies of one step are adjacent: its plan, its action, repairs. */
function addStepUsage(steps: StepUsage[], step: number, usage: Usage): void {
  const last = steps.at(-1)
  if (last?.step === step) last.usage = addUsage(last.usage, usage)
  else steps.push({ step, usage })
}
