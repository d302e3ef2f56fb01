import { setTimeout as sleep } from 'node:timers/promises'
import { failedAttempts, judge, longestSilence, readEvents } from './judge.ts'
import { sabotage } from './saboteur.ts'
import { seeded } from './seeded.ts'
import { EFFECT_TASKS, RIGHT_ANSWER, Stage } from './stage.ts'

export interface RoundReport {
  seed: number
  runs: number
  seconds: number
  acts: string[]
  problems: string[]
  /** Attempts that did not complete, and why. */
  retried: string[]
  silence: string
}

/** Time for all runs of a round after the saboteur has stopped, ms. */
const PATIENCE_MS = 120_000

/** So many runs at once on one stage, of which things are killed until a time is up; then all must end well. */
export async function chaosRound(options: {
  seed: number
  runs: number
  sabotageMs: number
}): Promise<RoundReport> {
  const { seed, runs, sabotageMs } = options
  const began = Date.now()
  const stage = await Stage.open()
  const over = new AbortController()
  const acting = sabotage(stage, seeded(seed), over.signal)
  const problems: string[] = []
  const retried: string[] = []
  let silence = ''
  const names = Array.from({ length: runs }, (_, index) => `rchaos${seed}x${index}`)
  let acts: string[] = []
  try {
    // One after the other, so that something is at work whenever something is killed.
    const submitted = names.map(async (run, index) => {
      await sleep((index * sabotageMs) / runs)
      await submit(stage, run, began + sabotageMs + PATIENCE_MS)
    })
    await sleep(sabotageMs)
    await Promise.all(submitted)
    over.abort()
    acts = await acting
    await stage.mend()
    problems.push(...(await untilEnded(stage, names)))
    for (const run of names) {
      const { result } = JSON.parse(await stage.bailiwick('show', run, '--json'))
      if (result?.answer !== RIGHT_ANSWER)
        problems.push(`${run}: answered ${JSON.stringify(result?.answer ?? result)}`)
    }
    const env = JSON.parse(await stage.bailiwick('env', '--role', 'reader', '--json'))
    const events = await readEvents(env)
    problems.push(...judge(names, events, stage.effects, EFFECT_TASKS))
    retried.push(...failedAttempts(events))
    silence = longestSilence(events)
    problems.push(...(await heldTasks(stage)))
  } finally {
    over.abort()
    acts = await acting
    for (const left of await stage.close()) problems.push(`left running: ${left}`)
  }
  return { seed, runs, seconds: Math.round((Date.now() - began) / 1_000), acts, problems, retried, silence }
}

/** Asks until somebody takes it: the same id is the same run. */
async function submit(stage: Stage, run: string, until: number): Promise<void> {
  const { connect, submitRun } = await import('@bailiwick/client')
  for (;;) {
    try {
      const env = JSON.parse(await stage.bailiwick('env', '--json'))
      await using client = await connect({ env })
      await submitRun(client, { run, text: 'Find the number.' })
      return
    } catch (error) {
      if (Date.now() > until) throw error
      await sleep(200)
    }
  }
}

async function untilEnded(stage: Stage, names: readonly string[]): Promise<string[]> {
  const until = Date.now() + PATIENCE_MS
  for (;;) {
    const states = await Promise.all(
      names.map(async (run) => JSON.parse(await stage.bailiwick('show', run, '--json')).status),
    )
    const open = names.filter((_, index) =>
      ['submitted', 'working', 'input-required'].includes(states[index]),
    )
    if (open.length === 0) return []
    if (Date.now() > until)
      return open.map((run) => `${run}: has not ended ${PATIENCE_MS / 1_000} s after the last act`)
    await sleep(500)
  }
}

/** Deliveries that no host has settled. */
async function heldTasks(stage: Stage): Promise<string[]> {
  const until = Date.now() + 15_000
  for (;;) {
    const { agents } = JSON.parse(await stage.bailiwick('status', '--json'))
    const busy = agents.flatMap(({ hosts }: { hosts: { host: string; busy: number }[] }) =>
      hosts.filter((host) => host.busy > 0),
    )
    if (busy.length === 0) return []
    if (Date.now() > until)
      return busy.map(({ host, busy }: { host: string; busy: number }) => `${host} still holds ${busy} tasks`)
    await sleep(500)
  }
}
