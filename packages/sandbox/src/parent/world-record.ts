import type { StepRequest, TurnInput, TurnOutput, UndoneTurn } from '@bailiwick/contract/world'

/** What a world is made of: every step with its inputs, in order. */
export interface StepRecord {
  step: number
  code: string
  clock: number
  seed: string
  inputs: TurnInput[]
  turns: TurnOutput[]
  voided?: UndoneTurn
}

/** A past step as one to be replayed. */
export function replayRequest({ step, code, clock, seed, inputs, turns, voided }: StepRecord): StepRequest {
  return { step, code, clock, seed, recorded: { inputs, turns, ended: true, ...(voided && { voided }) } }
}
