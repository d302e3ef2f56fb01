import {
  addUsage,
  type Checkpoint,
  decodeValue,
  functionName,
  JournalError,
  type JournalRecord,
  type ModelReply,
  modelReplyOf,
  NO_USAGE,
  type RecordOf,
  type SandboxLimits,
  type TaskResult,
  type TaskSpec,
  type TurnInput,
  type TurnOutput,
  taskSpecOf,
  type Usage,
  type VoidedTurn,
} from '@bailiwick/contract'
import { applyToTaskView, type TaskView } from './task-view.ts'

/** One call, as far as the journal has it. Without `started` it never left; without `outcome` it may have. */
export interface CallState {
  started?: RecordOf<'call.started'>
  outcome?: RecordOf<'call.ended'> | RecordOf<'call.late'>
}

/** One pass of the loop, as far as the journal has it. */
export interface StepState {
  readonly step: number
  plan?: string
  reply?: ModelReply
  /** Replies of models that judged this step's answer, in the order of the requests. */
  judgements: ModelReply[]
  code?: RecordOf<'step.started'>
  calls: Map<string, CallState>
  /** Open calls that wait for a person's decision or for a delegate. */
  waiting: Set<string>
  /** Number of calls that the committed turns made. */
  made: number
  inputs: TurnInput[]
  turns: TurnOutput[]
  /** How often the current turn was started. It has not committed, and all attempts but the last died in it. */
  begun: number
  voided?: VoidedTurn
  ended?: RecordOf<'step.ended'>
}

/** One task of a conversation. An ordinary task has one chapter. */
export interface Chapter {
  readonly spec: TaskSpec
  readonly firstStep: number
  /** The last answer, if the task reached a limit and was asked for one. */
  lastReply?: ModelReply
}

/**
 * The whole state of a task: its view, with texts and checkpoints. Hosts and replay use it; everything else uses
 * `TaskView`. Counters and usage of the view are those of the present chapter.
 */
export interface TaskWorld extends TaskView<JournalRecord> {
  /** The present spec; after `task.continued`, with the new text. */
  spec: TaskSpec
  firstStep: number
  /** All tasks of the conversation, the present one last. */
  chapters: Chapter[]
  steps: StepState[]
  /** Runtime versions of each attempt. */
  engines: string[]
  /** The agent's own limits in the last attempt. */
  limits: Partial<SandboxLimits> | undefined
  /** Usage of the delegates of this chapter, as their results say. */
  delegateUsage: Usage
  /** Number of model replies of this chapter: the lane's step. */
  replies: number
  /** Number of calls of this chapter that were started. They count towards the budget. */
  started: number
  /** Decisions on calls of this chapter, by call. */
  decisions: Map<string, RecordOf<'call.decided'>>
  /** Checkpoints of the world, the newest of each kind (`fits`). */
  checkpoints: Checkpoint[]
  /** Time of this chapter in which the task only waited for people and delegates, milliseconds. */
  waitedMs: number
  /** The time of the last record. */
  lastAt: number
  /** CPU time of all turns, milliseconds. */
  cpuMs: number
  /** CPU time since the last checkpoint, milliseconds. */
  uncheckpointedMs: number
  /** The world was lost after this step: earlier steps are not part of it. */
  worldLostAfter: number
  /** The reply to the last request, which is made when a limit is reached. */
  lastReply: ModelReply | undefined
}

/**
 * The state after these records.
 *
 * @param known the spec in the first record, if the caller has it
 * @throws JournalError if the first record is not `task.created`
 */
export function foldTaskWorld(records: readonly JournalRecord[], known?: TaskSpec): TaskWorld {
  const [first] = records
  if (first?.type !== 'task.created') {
    throw new JournalError(
      `Expected a task’s journal to begin with "task.created", found "${first?.type ?? 'nothing'}".`,
    )
  }
  const spec = known ?? taskSpecOf(first)
  // One literal, because spreading the parts takes several times as long.
  const world: TaskWorld = {
    created: first,
    status: 'submitted',
    attempt: 0,
    host: undefined,
    startedAt: undefined,
    step: 0,
    calls: 0,
    counted: undefined,
    usage: NO_USAGE,
    stepUsage: [],
    asked: [],
    waiting: undefined,
    leftMs: 0,
    activity: undefined,
    ended: undefined,
    spec,
    firstStep: 1,
    delegateUsage: NO_USAGE,
    replies: 0,
    started: 0,
    decisions: new Map(),
    lastReply: undefined,
    chapters: [{ spec, firstStep: 1 }],
    steps: [],
    worldLostAfter: 0,
    engines: [],
    limits: undefined,
    checkpoints: [],
    waitedMs: 0,
    lastAt: first.at,
    cpuMs: 0,
    uncheckpointedMs: 0,
  }
  for (let index = 1; index < records.length; index += 1) applyRecord(world, records[index] as JournalRecord)
  return world
}

/** What starts afresh when a conversation goes on; memory and world stay. */
function newChapter(spec: TaskSpec, firstStep: number) {
  return {
    spec,
    firstStep,
    delegateUsage: NO_USAGE,
    replies: 0,
    started: 0,
    decisions: new Map(),
    lastReply: undefined,
    waitedMs: 0,
  }
}

/** The state of a step. Creates it if the step is new. */
export function stepOf(world: TaskWorld, step: number): StepState {
  const last = world.steps.at(-1)
  if (last?.step === step) return last
  const known = world.steps.find((other) => other.step === step)
  if (known !== undefined) return known
  const created: StepState = {
    step,
    judgements: [],
    calls: new Map(),
    waiting: new Set(),
    made: 0,
    inputs: [],
    turns: [],
    begun: 0,
  }
  world.steps.push(created)
  return created
}

/** Usage of the task's own replies and of its delegates. */
export function totalUsage({ usage, delegateUsage }: TaskWorld): Usage {
  return addUsage(usage, delegateUsage)
}

/**
 * Whether the task only waits for people and delegates: all open calls of its step do, and its code has nothing left to
 * run. Then it needs no host.
 */
export function onlyWaits({ steps }: TaskWorld): boolean {
  const step = steps.at(-1)
  if (step === undefined || step.waiting.size === 0 || step.ended || step.voided) return false
  if (step.code === undefined) {
    return [...step.calls].every(([id, { outcome }]) => outcome !== undefined || step.waiting.has(id))
  }
  const { turns, inputs, made, waiting } = step
  const isIdle = turns.length > inputs.length && turns.at(-1)?.done === false
  return isIdle && inputs.at(-1)?.kind !== 'cancel' && made - inputs.length === waiting.size
}

/** Takes one record into the state, in place. Records of a run's own journal change nothing. */
export function applyRecord(world: TaskWorld, record: JournalRecord): void {
  if (onlyWaits(world)) world.waitedMs += Math.max(0, record.at - world.lastAt)
  world.lastAt = record.at
  applyToTaskView(world, record)
  switch (record.type) {
    case 'task.continued': {
      const spec: TaskSpec = { ...world.spec, text: record.text, inputs: record.inputs ?? [], results: {} }
      const firstStep = (world.steps.at(-1)?.step ?? 0) + 1
      Object.assign(world, newChapter(spec, firstStep))
      world.chapters.push({ spec, firstStep })
      return
    }
    case 'task.started':
      world.engines.push(`node ${record.engine.node}, V8 ${record.engine.v8}`)
      world.limits = record.limits
      return
    case 'task.suspended': {
      const last = world.steps.at(-1)
      if (last !== undefined) last.begun -= 1
      return
    }
    case 'step.replied':
      world.replies += 1
      if (record.purpose === 'last') {
        world.lastReply = modelReplyOf(record)
        const chapter = world.chapters.at(-1)
        if (chapter !== undefined) chapter.lastReply = world.lastReply
      } else if (record.purpose === 'plan') stepOf(world, record.step).plan = record.text
      else if (record.purpose === 'judge') stepOf(world, record.step).judgements.push(modelReplyOf(record))
      else stepOf(world, record.step).reply = modelReplyOf(record)
      return
    case 'task.planned':
      stepOf(world, record.step).plan = record.text
      return
    case 'step.started':
      stepOf(world, record.step).code = record
      stepOf(world, record.step).begun = 1
      return
    case 'turn.restarted':
      stepOf(world, record.step).begun += 1
      return
    case 'call.started':
      world.started += 1
      callOf(world, record.step, record.call).started = record
      if (isDelegate(world, record.name)) stepOf(world, record.step).waiting.add(record.call)
      return
    case 'call.ended':
    case 'call.late':
      applyOutcome(world, record)
      return
    case 'step.canceled':
      deliver(world, record.step, { kind: 'cancel', reason: record.reason, clock: record.clock })
      return
    case 'turn.committed': {
      const { step, turn, calls, done, cpuMs } = record
      stepOf(world, step).turns.push({ step, turn, calls, done, cpuMs })
      stepOf(world, step).made += calls.length
      stepOf(world, step).begun = 0
      world.cpuMs += cpuMs
      world.uncheckpointedMs += cpuMs
      return
    }
    case 'turn.voided':
      applyVoid(world, record)
      return
    case 'step.ended':
      stepOf(world, record.step).ended = record
      return
    case 'call.asked':
      stepOf(world, record.step).waiting.add(record.call)
      return
    case 'call.decided':
      world.decisions.set(record.call, record)
      world.steps.at(-1)?.waiting.delete(record.call)
      return
    case 'call.withdrawn':
      stepOf(world, record.step).waiting.delete(record.call)
      return
    case 'step.checkpointed': {
      const { step, fits, worldHash, text } = record
      world.checkpoints = world.checkpoints.filter((other) => other.fits !== fits)
      world.checkpoints.push({ step, fits, worldHash, text })
      world.uncheckpointedMs = 0
      return
    }
    case 'step.checkpoint-refused':
      world.checkpoints = world.checkpoints.filter(({ step }) => step !== record.step)
      return
    case 'task.diverged':
      world.checkpoints = []
      world.worldLostAfter = world.steps.at(-1)?.step ?? record.step
      return
    case 'task.ended':
      // The result's usage, which is the view's now, includes the delegates'.
      world.delegateUsage = NO_USAGE
      return
    default:
  }
}

function callOf(world: TaskWorld, step: number, id: string): CallState {
  const { calls } = stepOf(world, step)
  const call = calls.get(id) ?? {}
  calls.set(id, call)
  return call
}

function applyOutcome(world: TaskWorld, record: RecordOf<'call.ended'> | RecordOf<'call.late'>): void {
  const call = callOf(world, record.step, record.call)
  if (record.type === 'call.ended' || call.outcome === undefined) call.outcome = record
  stepOf(world, record.step).waiting.delete(record.call)
  if (record.value !== undefined && isDelegate(world, call.started?.name)) {
    const { usage } = record.usage ? record : (decodeValue(record.value) as TaskResult)
    if (usage !== undefined) world.delegateUsage = addUsage(world.delegateUsage, usage)
  }
  if (record.type === 'call.late') return
  const { call: id, ok, value = '', reason = 'error', message = '', clock } = record
  const outcome = ok ? ({ id, ok, value } as const) : ({ id, ok, reason, message } as const)
  deliver(world, record.step, { kind: 'outcome', outcome, clock })
}

/** An input begins a turn. */
function deliver(world: TaskWorld, number: number, input: TurnInput): void {
  const step = stepOf(world, number)
  step.inputs.push(input)
  step.begun = 1
}

function applyVoid(world: TaskWorld, record: RecordOf<'turn.voided'>): void {
  const step = stepOf(world, record.step)
  const lost = record.lost as TurnInput | undefined
  // The journal already has the lost input as delivered, but the turn that got it was voided.
  if (lost !== undefined) step.inputs.pop()
  const { turn, reason, message } = record
  step.voided = {
    step: record.step,
    turn,
    reason,
    ...(message !== undefined && { message }),
    ...(lost !== undefined && { lost }),
  }
}

function isDelegate({ spec }: TaskWorld, called: string | undefined): boolean {
  return spec.grant.delegates.some(({ name }) => functionName(name) === called)
}
