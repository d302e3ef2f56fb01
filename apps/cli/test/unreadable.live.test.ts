import { type Bus, connectFromEnv, eventName, followEvents, requestRun, SUBJECTS } from '@bailiwick/bus'
import { DAEMON, killIfThere, pidOf, untilNoneSurvive } from '@bailiwick/coordinator/testing/survivors'
import { startExternalServer } from '@bailiwick/nats-server/testing'
import { describe, expect, it } from 'vitest'
import { bareEnv, run } from './program.ts'
import { teamFolder } from './team-folder.ts'

/** Journal messages of a newer version. */
const NEWER = '{"v":9,"log":["what only a newer version understands"]}'
const UNKNOWN = JSON.stringify({ v: 1, records: [{ type: 'task.moved', at: 1, where: 'elsewhere' }] })

const AGENTS = [
  { name: 'quick', level: 0 },
  { name: 'slow', level: 0 },
]
const REPLIES = {
  quick: { '*': ['done'] },
  slow: { '*': [{ text: 'never', untilFile: 'never' }] },
}

async function untilEvent(bus: Bus, id: string, wanted: string) {
  for await (const { event } of followEvents(bus, { from: 'beginning', run: id })) {
    if (eventName(event.type) === wanted) return event
  }
  throw new Error(`no ${wanted} of ${id}`)
}

/** Replaces a task's message in the queue by one that was delivered nine times. */
async function nearlyDead(bus: Bus, { agent, run, task }: { agent: string; run: string; task: string }) {
  const bell = await bus.jsm.streams.getMessage('TASK', { last_by_subj: SUBJECTS.task(agent, task) })
  await bus.jsm.streams.deleteMessage('TASK', bell?.seq ?? 0)
  const ring = { v: 1, run, task, ring: Date.now(), deliveries: 9 }
  await bus.js.publish(SUBJECTS.task(agent, task), JSON.stringify(ring))
}

describe('a journal with messages of a newer version', () => {
  it('stops only its own run, and its readable part is shown', async () => {
    await using server = await startExternalServer()
    await using place = await teamFolder(REPLIES, { agents: AGENTS, members: { slow: { maxConcurrent: 2 } } })
    const env = bareEnv({ NATS_URL: server.url })
    const cli = (...args: string[]) => run(args, { cwd: place.folder, env })
    await cli('up', '--detach')
    await using bus = await connectFromEnv('test', { NATS_URL: server.url })
    const write = (writer: string, id: string, task: string, text: string) =>
      bus.js.publish(SUBJECTS.journal(writer, id, task), text)
    await requestRun(bus, 'submit', { run: 'rdone', text: 'x', agent: 'quick' })
    await untilEvent(bus, 'rdone', 'run.ended')
    for (const id of ['ropen', 'rtask']) {
      await requestRun(bus, 'submit', { run: id, text: 'x', agent: 'slow' })
    }
    await untilEvent(bus, 'ropen', 'task.started')
    for (const process of [DAEMON, /slow\.mjs/]) killIfThere(pidOf(place.folder, process))
    const writtenAt = Date.now()
    await write('quick', 'rdone', 'rdone-t1', UNKNOWN)
    await write('coordinator', 'ropen', 'run', NEWER)
    await write('slow', 'rtask', 'rtask-t1', UNKNOWN)
    await nearlyDead(bus, { agent: 'slow', run: 'rtask', task: 'rtask-t1' })

    const up = await cli('up', '--detach')
    expect(up.code, up.stderr).toBe(0)
    expect(up.stderr).toMatch(
      /Run ropen is not driven by this daemon: .* the journal of task run: Expected version 1 or older, found 9\./,
    )
    expect((await cli('runs')).stdout).toMatch(/ropen/)
    expect((await cli('show', 'ropen')).stdout).toMatch(
      /not readable: run, message \d+: Expected version 1 or older, found 9/,
    )

    const done = await cli('show', 'rdone')
    expect(done).toMatchObject({ code: 0, stdout: expect.stringContaining('t1 quick: completed') })
    expect(done.stdout).toMatch(/not readable: rdone-t1, message \d+: .*\n/)
    const journal = await cli('show', 'rdone', '--task', 't1')
    expect(journal.stdout).toContain('ended: completed')
    expect(journal.stderr).toContain('"where":"elsewhere"')
    const reported = await untilEvent(bus, 'rdone', 'journal.unreadable')
    expect(Date.parse(reported.time)).toBeGreaterThanOrEqual(writtenAt - 1_000)
    for (const command of [['replay'], ['fork', '--at', '0']]) {
      const refused = await cli(...command, 'rdone', 't1')
      expect(refused.stderr).toMatch(
        /Message \d+ of the journal of task rdone-t1 is not readable by this version/,
      )
      expect(refused.code).toBe(1)
    }

    // No host can continue this task, so the run fails with the reason.
    await untilEvent(bus, 'rtask', 'run.ended')
    const view = await requestRun(bus, 'get', { run: 'rtask' })
    expect(view.result).toMatchObject({ status: 'failed', error: { code: 'dead-letter' } })
    expect(view.result?.error?.message).toMatch(/Cannot read message \d+ of the journal of task rtask-t1/)
    expect((await cli('dead')).stdout).toMatch(
      /rtask-t1 of run rtask for slow, delivered 10 times, .*Cannot read message/,
    )
    await requestRun(bus, 'submit', { run: 'rafter', text: 'x', agent: 'quick' })
    await untilEvent(bus, 'rafter', 'run.ended')
    await cli('down')
    expect(await untilNoneSurvive(place.folder)).toEqual([])
  })
})
