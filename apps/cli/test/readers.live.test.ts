import { readFile } from 'node:fs/promises'
import { type Bus, connectFromEnv, eventName, followEvents, followJournal, followLive } from '@bailiwick/bus'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { run } from './program.ts'
import { final, planReply, type TeamFolder, teamFolder } from './team-folder.ts'

/** Each stands in a text of its own: of the user, of a model, in code, in what code prints, in the answer. */
const TEXTS = ['asked-for-this', 'planned-this', 'wrote-this', 'printed-this', 'answered-this']
const [ASKED, PLANNED, WROTE, , ANSWERED] = TEXTS

let place: TeamFolder
const opened: Bus[] = []
const bailiwick = (...args: string[]) => run(args, { cwd: place.folder })
async function connect(...role: string[]): Promise<Bus> {
  const { stdout } = await bailiwick('env', '--json', '--role', ...role)
  const bus = await connectFromEnv('reader', JSON.parse(stdout))
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
  await bailiwick('up', '--detach')
  expect((await bailiwick('run', `Do what I ${ASKED}`)).stdout).toBe(`It is ${ANSWERED}.\n`)
})
afterAll(async () => {
  await Promise.all(opened.map((bus) => bus.close()))
  await bailiwick('down')
  await place[Symbol.asyncDispose]()
})

/** All events of the run that has ended. Strangers on the machine may try the port, which is told besides. */
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
  it('replays the events from the beginning, and no text is in them', async () => {
    const events = await replay(await connect('reader'))
    expect(eventName(events[0]?.type ?? '')).toBe('run.submitted')
    const names = events.map(({ type }) => eventName(type))
    for (const name of ['step.replied', 'step.started', 'step.ended', 'task.ended'])
      expect(names).toContain(name)
    const told = JSON.stringify(events)
    expect(TEXTS.filter((text) => told.includes(text))).toEqual([])
  })

  it('gets at no journal and no live text', async () => {
    const reader = await connect('reader')
    await expect(followJournal(reader).next()).rejects.toMatchObject({ code: 'bus-forbidden' })
    await expect(followLive(reader).next()).rejects.toThrow(/[Pp]ermissions? [Vv]iolation/)
    // Nor by listening to one who may: its answers come to a name of its own.
    const granted = await connect('reader', '--prompts')
    const listening = reader.connection.subscribe(`_INBOX.${granted.user}.>`)
    await expect(listening[Symbol.asyncIterator]().next()).rejects.toThrow(/[Pp]ermissions? [Vv]iolation/)
  })

  it('sees all of it where prompts were granted, and still asks for nothing', async () => {
    const reader = await connect('reader', '--prompts')
    expect(reader.user).toBe('reader_prompts')
    expect((await replay(reader)).length).toBeGreaterThan(5)
    let told = ''
    for await (const { records } of followJournal(reader)) {
      told += JSON.stringify(records)
      if (records.some(({ type }) => type === 'run.ended')) break
    }
    expect(TEXTS.filter((text) => !told.includes(text))).toEqual([])
    const live = followLive(reader).next()
    await reader.connection.flush()
    await bailiwick('run', 'again', '--agent', 'worker')
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

  it('has credentials of its own in either case', async () => {
    const files = await Promise.all(
      [['reader'], ['reader', '--prompts']].map(async (role) => {
        const { stdout } = await bailiwick('env', '--json', '--role', ...role)
        return JSON.parse(stdout).NATS_CREDS
      }),
    )
    expect(new Set(files).size).toBe(2)
    expect((await readFile(files[0], 'utf8')) === (await readFile(files[1], 'utf8'))).toBe(false)
  })
})

describe('a host of tools', () => {
  it('may not be called as an agent is, whose answers it could hear', async () => {
    const { code, stderr } = await bailiwick('env', '--role', 'tool-host:worker', '--tool', 'x')
    expect(code).not.toBe(0)
    expect(stderr).toContain('found "worker", the name of an agent of the team')
  })
})
