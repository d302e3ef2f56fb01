import { readFile } from 'node:fs/promises'
import { type Bus, eventName, followEvents, followJournal, followLive } from '@bailiwick/bus'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { final, planReply, type TeamFolder, teamFolder } from './team-folder.ts'

/** One for each place that has texts: the user's request, a reply, code, the output of code, and the answer. */
const TEXTS = ['asked-for-this', 'planned-this', 'wrote-this', 'printed-this', 'answered-this']
const [ASKED, PLANNED, WROTE, , ANSWERED] = TEXTS

let place: TeamFolder
const opened: Bus[] = []
async function connect(...role: string[]): Promise<Bus> {
  const bus = await place.connect('--role', ...role)
  opened.push(bus)
  return bus
}

beforeAll(async () => {
  const code = `<code>\n// ${WROTE}\nconsole.log('printed' + '-this')\n</code>`
  const plan = planReply({ name: 't1' }).replace('do t1', `do t1, ${PLANNED}`)
  place = await teamFolder({
    planner: { plan: [plan] },
    worker: { t1: [code, final("'answered' + '-this'")] },
    writer: { answer: ['It is {{t1.output}}.'] },
  })
  await place.bailiwick('up', '--detach')
  expect((await place.bailiwick('run', `Do what I ${ASKED}`)).stdout).toBe(`It is ${ANSWERED}.\n`)
})
afterAll(async () => {
  await Promise.all(opened.map((bus) => bus.close()))
  await place?.[Symbol.asyncDispose]()
})

/** All events of the first run. Skips refusals, because other processes of this machine may try the port. */
async function replay(bus: Bus) {
  const events = []
  for await (const { event } of followEvents(bus, { from: 'beginning' })) {
    if (event.run === 'access') continue
    events.push(event)
    if (eventName(event.type) === 'run.ended') break
  }
  return events
}

describe('a reader', () => {
  it('reads all events, which contain no text', async () => {
    const events = await replay(await connect('reader'))
    expect(eventName(events[0]?.type ?? '')).toBe('run.submitted')
    const names = events.map(({ type }) => eventName(type))
    for (const name of ['step.replied', 'step.started', 'step.ended', 'task.ended'])
      expect(names).toContain(name)
    const text = JSON.stringify(events)
    expect(TEXTS.filter((one) => text.includes(one))).toEqual([])
  })

  it('cannot read journals and live texts', async () => {
    const reader = await connect('reader')
    await expect(followJournal(reader).next()).rejects.toMatchObject({ code: 'bus-forbidden' })
    await expect(followLive(reader).next()).rejects.toThrow(/[Pp]ermissions? [Vv]iolation/)
    // It cannot listen to the replies for a reader with --prompts either.
    const granted = await connect('reader', '--prompts')
    const listening = reader.connection.subscribe(`_INBOX.${granted.user}.>`)
    await expect(listening[Symbol.asyncIterator]().next()).rejects.toThrow(/[Pp]ermissions? [Vv]iolation/)
  })

  it('reads journals and live texts with --prompts, and still cannot send requests', async () => {
    const reader = await connect('reader', '--prompts')
    expect(reader.user).toBe('reader_prompts')
    expect((await replay(reader)).length).toBeGreaterThan(5)
    let read = ''
    for await (const { records } of followJournal(reader)) {
      read += JSON.stringify(records)
      if (records.some(({ type }) => type === 'run.ended')) break
    }
    expect(TEXTS.filter((text) => !read.includes(text))).toEqual([])
    const live = followLive(reader).next()
    await reader.connection.flush()
    await place.bailiwick('run', 'again', '--agent', 'worker')
    expect((await live).value?.agent).toBe('worker')
    const refused: string[] = []
    reader.link.onForbidden(({ subject }) => refused.push(subject))
    const tried = [
      'bailiwick.v1.run.list',
      'bailiwick.v1.journal.worker.r.t',
      'bailiwick.v1.control.worker.cancel',
    ]
    for (const subject of tried) reader.connection.publish(subject, '{}')
    await reader.connection.flush()
    await reader.connection.flush()
    expect(refused).toEqual(tried)
  })

  it('has other credentials with --prompts', async () => {
    const files = await Promise.all(
      [['reader'], ['reader', '--prompts']].map(async (role) => {
        const { stdout } = await place.bailiwick('env', '--json', '--role', ...role)
        return JSON.parse(stdout).NATS_CREDS
      }),
    )
    expect(new Set(files).size).toBe(2)
    expect((await readFile(files[0], 'utf8')) === (await readFile(files[1], 'utf8'))).toBe(false)
  })
})

describe('a tool host', () => {
  it('cannot have the name of an agent, because it could read the replies for that agent', async () => {
    const { code, stderr } = await place.bailiwick('env', '--role', 'tool-host:worker', '--tool', 'x')
    expect(code).not.toBe(0)
    expect(stderr).toContain('found "worker", the name of an agent of the team')
  })
})
