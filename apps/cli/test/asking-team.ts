import { readFile } from 'node:fs/promises'
import { type Bus, eventName, followEvents, requestRun } from '@bailiwick/bus'
import { expect } from 'vitest'
import { type TeamFolder, teamFolder } from './team-folder.ts'

/** A team of agents that ask a person about their only call. */
export interface AskingTeam extends TeamFolder {
  /** The payments that were really made, as `<run> <to>`. */
  paid(): Promise<string[]>
}

/** Level 5 and level 3: a waiting task with a world of its own, and one without. */
export const ASKING_AGENTS = ['coder', 'caller'] as const

/** @param payments the file of payments, if several teams share it */
export async function askingTeam(payments?: string): Promise<AskingTeam> {
  const place = await teamFolder(
    {
      coder: {
        '*': [
          "<code>\nfinalAnswer(await pay({ to: 'Ada' }))\n</code>",
          // Only if the call's outcome is unknown, because its host died meanwhile.
          "<code>\nfinalAnswer('paid Ada')\n</code>",
        ],
      },
      caller: {
        '*': [
          { calls: [{ name: 'pay', arguments: { to: 'Ada' } }] },
          { calls: [{ name: 'finalAnswer', arguments: { answer: 'paid Ada' } }] },
        ],
      },
    },
    {
      agents: ASKING_AGENTS.map((name) => ({ name, level: 3 })),
      config: { strategy: 'direct', limits: { suspendAfterMs: 50 } },
    },
  )
  const file = payments ?? `${place.folder}/payments`
  for (const name of ASKING_AGENTS) {
    await place.write(
      `${name}.mjs`,
      `
import { appendFileSync } from 'node:fs'
import { defineAgent, defineTool } from '@bailiwick/core'
import { z } from 'zod'

const pay = defineTool({
  name: 'pay',
  description: 'Pays.',
  input: z.object({ to: z.string() }),
  effect: 'once',
  run: async ({ to }, { run }) => {
    appendFileSync(${JSON.stringify(file)}, run + ' ' + to + '\\n')
    return 'paid ' + to
  },
})
export default defineAgent({
  name: '${name}',
  description: 'Pays.',
  level: ${name === 'coder' ? 5 : 3},
  tools: [pay],
  approval: 'risky',
})
`,
    )
  }
  return {
    ...place,
    async paid() {
      return (await readFile(file, 'utf8').catch(() => '')).split('\n').filter((line) => line !== '')
    },
  }
}

/** Approves the only call of a run, which waits. */
export async function approve(bus: Bus, run: string): Promise<void> {
  const { asked } = await requestRun(bus, 'get', { run }, { waitMs: 60_000 })
  expect(asked, run).toHaveLength(1)
  for (const { task, call } of asked) {
    const decided = await requestRun(
      bus,
      'decide',
      { run, task, call, decision: 'approve' },
      { waitMs: 60_000 },
    )
    expect(decided, run).toEqual({ accepted: true })
  }
}

/** Waits until a host has left the only task of each run. */
export async function untilWaiting(bus: Bus, runs: readonly string[]): Promise<void> {
  const left = new Set(runs)
  for await (const { event } of followEvents(bus, { from: 'beginning' })) {
    if (eventName(event.type) === 'task.waiting') left.delete(event.run)
    if (left.size === 0) return
  }
}

/** Waits until all runs have ended. @returns by run, the events of questions and decisions, and the end */
async function decisionsUntilEnd(bus: Bus, runs: readonly string[]): Promise<Map<string, string[]>> {
  const seen = new Map(runs.map((run): [string, string[]] => [run, []]))
  const left = new Set(runs)
  for await (const { event } of followEvents(bus, { from: 'beginning' })) {
    const name = eventName(event.type) ?? ''
    if (/^(call\.(asked|decided|withdrawn)|run\.(decided|ended))$/.test(name)) seen.get(event.run)?.push(name)
    if (name === 'run.ended') left.delete(event.run)
    if (left.size === 0) break
  }
  return seen
}

/**
 * Expects that each run completed, that a person was asked once about its call, and that it was made once.
 *
 * @param maybeCut whether hosts may have died while they made the calls. Then the calls may not have been made
 */
export async function expectOnce(
  bus: Bus,
  team: AskingTeam,
  runs: readonly string[],
  { maybeCut = false } = {},
): Promise<void> {
  const seen = await decisionsUntilEnd(bus, runs)
  for (const run of runs) {
    expect(seen.get(run), run).toEqual(['call.asked', 'run.decided', 'call.decided', 'run.ended'])
    const { result } = await requestRun(bus, 'get', { run }, { waitMs: 60_000 })
    expect(result, run).toMatchObject({ status: 'completed', answer: 'paid Ada' })
  }
  const paid = (await team.paid()).filter((line) => runs.includes(line.split(' ')[0] ?? '')).sort()
  expect(paid).toEqual([...new Set(paid)])
  if (!maybeCut) expect(paid).toEqual(runs.map((run) => `${run} Ada`).sort())
}
