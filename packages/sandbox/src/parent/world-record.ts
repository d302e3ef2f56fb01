import type { StepRequest, TurnInput, TurnOutput, UndoneTurn } from '@bailiwick/contract/world'

/** What a world is made of: every step with its inputs, in order. */
export interface StepRecord {
  step: number
  code: string
  clock: number
  inputs: TurnInput[]
  turns: TurnOutput[]
  voided?: UndoneTurn
}

/** A past step as one to be replayed. */
export function replayRequest({ step, code, clock, inputs, turns, voided }: StepRecord): StepRequest {
  return { step, code, clock, recorded: { inputs, turns, ended: true, ...(voided && { voided }) } }
}
