import type { StepRequest, TurnInput, TurnOutput, VoidedTurn } from '@bailiwick/contract/world'

/** A step of a world with its inputs and turns. The records of all steps can rebuild the world. */
export interface StepRecord {
  step: number
  code: string
  clock: number
  seed: string
  inputs: TurnInput[]
  turns: TurnOutput[]
  voided?: VoidedTurn
}

/** The request that replays a past step. */
export function replayRequest({ step, code, clock, seed, inputs, turns, voided }: StepRecord): StepRequest {
  return {
    step,
    code,
    clock,
    seed,
    recorded: { inputs, turns, ended: true, ...(voided !== undefined && { voided }) },
  }
}
