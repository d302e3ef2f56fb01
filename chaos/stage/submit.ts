import { setTimeout as sleep } from 'node:timers/promises'
import { connect, type NewRun, submitRun } from '@bailiwick/client'
import type { Attack } from '../acts/attacks.ts'
import type { Stage } from './stage.ts'
import { attackInput } from './team.ts'

/** The run of an attack: one task for the worker or the liar. */
export function runOf({ run, deed, choice }: Attack): NewRun {
  if (deed === 'lied') return { run, text: 'Lie.', agent: 'liar' }
  return { run, text: 'Attack.', agent: 'worker', values: { attack: attackInput(deed, choice) } }
}

/** Submits a run until a daemon accepts it. The same id is the same run. */
export async function submit(stage: Stage, request: NewRun, until: number): Promise<void> {
  for (;;) {
    try {
      await using client = await connect({ env: await stage.env() })
      await submitRun(client, request)
      return
    } catch (error) {
      if (Date.now() > until) throw error
      await sleep(200)
    }
  }
}
