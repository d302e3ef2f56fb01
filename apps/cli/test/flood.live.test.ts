import { setTimeout as sleep } from 'node:timers/promises'
import { type Bus, connectFromEnv, followEvents, requestRun } from '@bailiwick/bus'
import { untilNoneSurvive } from '@bailiwick/coordinator/testing/survivors'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { run } from './program.ts'
import { final, type TeamFolder, teamFolder } from './team-folder.ts'

/** For how long there is a flood before the run is asked for, ms. */
const FLOOD_MS = 1_000
/** What a run may take beside a flood, on a machine that has other things to do, ms. */
const PATIENCE_MS = 10_000

let place: TeamFolder
let user: Bus
/** What a host of the worker has, in the hands of somebody else. */
let stolen: Bus
let runs = 0
const bailiwick = (...args: string[]) => run(args, { cwd: place.folder })
const publish = (subject: string, payload = '{}', reply?: string) =>
  stolen.connection.publish(`bailiwick.v1.${subject}`, payload, reply === undefined ? {} : { reply })

beforeAll(async () => {
  place = await teamFolder(
    { other: { '*': ['<code>\nlet a = 1\n</code>', final('a + 41')] } },
    { agents: ['other', 'worker'].map((name) => ({ name, level: 5 })) },
  )
  await bailiwick('up', '--detach')
  const access = JSON.parse((await bailiwick('env', '--json')).stdout)
  user = await connectFromEnv('user', access)
  const NATS_CREDS = `${place.folder}/.bailiwick/credentials/worker.creds`
  stolen = await connectFromEnv('worker', { NATS_URL: access.NATS_URL, NATS_CREDS })
})
afterAll(async () => {
  await stolen?.close()
  await user?.close()
  await bailiwick('down')
  expect(await untilNoneSurvive(place.folder)).toEqual([])
  await place[Symbol.asyncDispose]()
})

/** Sends as fast as it can while another agent's run is made. @returns how long that took, ms */
async function beside(send: (n: number) => void): Promise<number> {
  let isOver = false
  const flooding = (async () => {
    for (let sent = 0; !isOver; await stolen.connection.flush()) for (let n = 0; n < 20; n++) send(sent++)
  })()
  await sleep(FLOOD_MS)
  const began = performance.now()
  const id = `rflood${++runs}`
  try {
    await requestRun(user, 'submit', { run: id, text: 'x', agent: 'other' })
    for (;;) {
      const { status, result } = await requestRun(user, 'get', { run: id })
      if (status === 'completed') expect(result?.answer).toBe(42)
      if (status === 'completed' || performance.now() - began > PATIENCE_MS) break
    }
    return performance.now() - began
  } finally {
    isOver = true
    await flooding
  }
}

describe('a host that was taken over', () => {
  it.each<[string, (n: number) => void]>([
    ['requests for delegates', () => publish('delegate.worker', '{}', '_INBOX.worker.x')],
    ['cancels', () => publish('cancel.worker')],
  ])('keeps no run of another agent from its end by a flood of %s', async (_, send) => {
    expect(await beside(send)).toBeLessThan(PATIENCE_MS)
  })

  it('is seen where it sends the daemon more than that looks at', async () => {
    const told = new Set<string>()
    for await (const { event } of followEvents(user, { from: 'beginning', run: 'access' })) {
      const { user: name, action, subjects } = event.data
      if (action === 'flood' && Array.isArray(subjects))
        for (const subject of subjects) told.add(`${name} ${subject}`)
      if (told.size === 2) break
    }
    expect([...told]).toEqual(['worker bailiwick.v1.delegate.worker', 'worker bailiwick.v1.cancel.worker'])
  })

  it.each<[string, (n: number) => void]>([
    ['the largest appends', (n) => publish(`journal.worker.r.t${n % 10}`, 'x'.repeat(1_000_000))],
    ['appends that are none', (n) => publish(`journal.worker.r.t${n % 10}`)],
    ['live texts', () => publish('live.worker.r.t', 'x'.repeat(1_000))],
    ['heartbeats', (n) => stolen.connection.publish(`$KV.agents.worker.x${n % 1_000}`, '{}')],
    ['what it may not send', (n) => publish(`event.run.ended.r${n}`)],
  ])('keeps no run of another agent from its end by a flood of %s', async (_, send) => {
    expect(await beside(send)).toBeLessThan(PATIENCE_MS)
  })
})
