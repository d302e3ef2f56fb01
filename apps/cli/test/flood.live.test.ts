import { setTimeout as sleep } from 'node:timers/promises'
import { type Bus, connectFromEnv, followEvents, requestRun } from '@bailiwick/bus'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { lastJson } from './program.ts'
import { final, type TeamFolder, teamFolder } from './team-folder.ts'

/** How long a flood lasts before the run is submitted. */
const FLOOD_MS = 1_000
/** A flood ends then even if the run has not: what it sends is stored. */
const MAX_FLOOD_MS = 20_000
/** How long a run may take during a flood, and behind it: 15 seconds, or longer on a machine that is busy anyway. */
const maxRunMs = () => Math.max(15_000, 20 * usualMs)

let place: TeamFolder
let user: Bus
/** A connection with the credentials of the worker's host. */
let stolen: Bus
/** How long a run takes without a flood, ms. */
let usualMs: number
let runs = 0
const publish = (subject: string, payload = '{}', reply?: string) =>
  stolen.connection.publish(`bailiwick.v1.${subject}`, payload, reply === undefined ? {} : { reply })

beforeAll(async () => {
  place = await teamFolder(
    { other: { '*': ['<code>\nlet a = 1\n</code>', final('a + 41')] } },
    { agents: ['other', 'worker'].map((name) => ({ name, level: 5 })) },
  )
  await place.bailiwick('up', '--detach')
  const access = lastJson(await place.bailiwick('env', '--json'))
  user = await connectFromEnv('user', access)
  const NATS_CREDS = `${place.folder}/.bailiwick/credentials/worker.creds`
  stolen = await connectFromEnv('worker', { NATS_URL: access.NATS_URL, NATS_CREDS })
  await timeRun() // Warms up.
  usualMs = await timeRun()
})
afterAll(async () => {
  await stolen?.close()
  await user?.close()
  await place?.[Symbol.asyncDispose]()
})

/** Runs a task of another agent. @returns how long that took, ms */
async function timeRun(): Promise<number> {
  const began = performance.now()
  const run = `rflood${++runs}`
  await requestRun(user, 'submit', { run, text: 'x', agent: 'other' })
  for (;;) {
    // Not the run's events, because the projection of events reads what a flood stores.
    const { result } = await requestRun(user, 'get', { run })
    if (result !== undefined) {
      expect(result).toMatchObject({ status: 'completed', answer: 42 })
      return performance.now() - began
    }
    await sleep(20)
  }
}

/** Sends as fast as possible, and times a run meanwhile, ms. */
async function timeRunDuring(send: (n: number) => void): Promise<number> {
  let isOver = false
  const flooding = (async () => {
    const end = Date.now() + MAX_FLOOD_MS
    for (let sent = 0; !isOver && Date.now() < end; await stolen.connection.flush()) {
      for (let n = 0; n < 20; n++) send(sent++)
    }
  })()
  await sleep(FLOOD_MS)
  try {
    return await timeRun()
  } finally {
    isOver = true
    await flooding
  }
}

describe('a flood from a compromised host', () => {
  it.each<[string, (n: number) => void]>([
    ['requests for delegates', () => publish('delegate.worker', '{}', '_INBOX.worker.x')],
    ['cancels', () => publish('cancel.worker')],
  ])('of %s does not block runs of other agents', async (_, send) => {
    expect(await timeRunDuring(send)).toBeLessThan(maxRunMs())
  })

  it('becomes an event if the daemon drops messages', async () => {
    const reported = new Set<string>()
    for await (const { event } of followEvents(user, { from: 'beginning', run: 'access' })) {
      const { user: name, action, subjects } = event.data
      if (action === 'flood' && Array.isArray(subjects))
        for (const subject of subjects) reported.add(`${name} ${subject}`)
      if (reported.size === 2) break
    }
    expect([...reported]).toEqual([
      'worker bailiwick.v1.delegate.worker',
      'worker bailiwick.v1.cancel.worker',
    ])
  })

  it.each<[string, (n: number) => void]>([
    ['the largest appends', (n) => publish(`journal.worker.r.t${n % 10}`, 'x'.repeat(250_000))],
    ['malformed appends', (n) => publish(`journal.worker.r.t${n % 10}`)],
    ['appends to new journals', (n) => publish(`journal.worker.r${n}.t`)],
    ['appends that the server refuses', (n) => publish(`journal.worker.r.t${n % 10}`, 'x'.repeat(1_000_000))],
    ['live texts', () => publish('live.worker.r.t', 'x'.repeat(1_000))],
    ['heartbeats', (n) => stolen.connection.publish(`$KV.agents.worker.x${n % 1_000}`, '{}')],
    ['forbidden messages', (n) => publish(`event.run.ended.r${n}`)],
  ])('of %s does not block runs of other agents', async (_, send) => {
    expect(await timeRunDuring(send)).toBeLessThan(maxRunMs())
  })

  it('leaves no run behind it waiting', async () => {
    expect(await timeRun()).toBeLessThan(maxRunMs())
  })
})
