import type {
  Checkpoint,
  ModelReply,
  RecordOf,
  SandboxLimits,
  TaskResult,
  TaskSpec,
  TurnInput,
  TurnOutput,
  UndoneTurn,
  Usage,
} from '@bailiwick/contract'

/** A call as the journal has it. Without `started` it never left; without `outcome` it may have. */
export interface CallState {
  started?: RecordOf<'call.started'>
  outcome?: RecordOf<'call.ended'> | RecordOf<'call.late'>
}

/** One pass of the loop, as far as the journal has it. */
export interface StepState {
  readonly step: number
  plan?: string
  reply?: ModelReply
  /** Replies of a model that judged this step's answer, in the order asked for. */
  judgements: ModelReply[]
  code?: RecordOf<'step.started'>
  calls: Map<string, CallState>
  inputs: TurnInput[]
  turns: TurnOutput[]
  /** Times that the turn under way was begun: none has committed, and each but the last died in it. */
  begun: number
  voided?: UndoneTurn
  observed?: RecordOf<'step.ended'>
}

/** One task of a conversation: an ordinary task has one chapter. */
export interface Chapter {
  readonly spec: TaskSpec
  readonly firstStep: number
}

/** Everything known of a task: a fold over its journal. */
export interface TaskState {
  /** What is at work now; after `continued`, with the new text. */
  spec: TaskSpec
  firstStep: number
  /** The tasks of the conversation, the present one last. */
  chapters: Chapter[]
  steps: StepState[]
  attempts: number
  /** What each attempt ran on. */
  engines: string[]
  /** The agent's own limits in the last attempt. */
  limits: Partial<SandboxLimits> | undefined
  /** When the first attempt began, Unix milliseconds. */
  startedAt: number | undefined
  /** Model replies of this chapter, its delegates' usage included. */
  usage: Usage
  /** Model replies of this chapter alone: the lane's step. */
  replies: number
  /** Calls admitted in this chapter. */
  calls: number
  approvals: Map<string, RecordOf<'call.decided'>>
  asked: Set<string>
  /** Checkpoints of the world, the newest of each kind (`fits`). */
  checkpoints: Checkpoint[]
  /** CPU time of all turns, ms; and what of it no checkpoint has. */
  cpuMs: number
  uncheckpointedMs: number
  /** Steps up to this one are not part of the world: it was lost after them. */
  worldLostAfter: number
  /** A last answer that was given when a limit was reached. */
  lastReply: ModelReply | undefined
  ended: TaskResult | undefined
}

/** The step's state, made when it is the first heard of it. */
export function stepOf(state: TaskState, step: number): StepState {
  const last = state.steps.at(-1)
  if (last?.step === step) return last
  const known = state.steps.find((other) => other.step === step)
  if (known !== undefined) return known
  const made: StepState = { step, judgements: [], calls: new Map(), inputs: [], turns: [], begun: 0 }
  state.steps.push(made)
  return made
}
