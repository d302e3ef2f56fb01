import type { JsonSchema, Level, Status, TaskError, Tool, Usage } from '@bailiwick/contract'
import type { MadeCall } from '../score/score-calls.ts'

/** A file of a question, in memory. */
export interface QuestionFile {
  /** Its file name, without folders. */
  file: string
  mediaType: string
  bytes: Uint8Array
}

/** What a target gets of a case: everything but the expected answer, the checks, the tags and the solution. */
export interface Question {
  task: string
  values: Readonly<Record<string, unknown>>
  files: Readonly<Record<string, QuestionFile>>
  output?: JsonSchema
  /** Tools of the case that do nothing. */
  tools: readonly Pick<Tool, 'name' | 'description' | 'input'>[]
}

/** Why a reply of a model led nowhere. */
export const WASTE_CAUSES = ['no action', 'parse', 'refused', 'error', 'repeat', 'repeated answer'] as const
export type WasteCause = (typeof WASTE_CAUSES)[number]

/** Replies that led nowhere, by cause. */
export type Wasted = Readonly<Record<WasteCause, number>>

/** What a target made of a question. */
export interface Answered {
  status: Status
  output?: unknown
  error?: TaskError
  usage: Usage
  wasted: Wasted
  /** The calls that the agent made, if the target knows them. */
  calls?: readonly MadeCall[]
  /** Id of the task, or of the run. */
  task: string
}

/** Options of one attempt. */
export interface AttemptOptions {
  /** Identifies the attempt. The same after a restart, so that a paid reply is not asked for again. */
  key: string
  signal: AbortSignal
  /** US dollars that the attempt may cost. */
  maxCost?: number
  /** Called when the model has replied, with the number of replies so far. */
  onReply(replies: number): void
}

/** What answers questions: an agent at a level, or a team. */
export interface Target extends AsyncDisposable {
  /** Names the agent or the team in records and reports. */
  readonly name: string
  readonly level: Level | null
  /** The model's id. Null if a daemon chooses it. */
  readonly model: string | null
  /** Digest of what else decides about the answers, such as the agent's definition. */
  readonly digest: string
  answer(question: Question, options: AttemptOptions): Promise<Answered>
}
