import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  followEvents,
  openJournal,
  projectJournal,
  ringTask,
  SUBJECTS,
  serveTool,
  takeTasks,
} from '../../src/index.ts'
import { all, created, planned, take, until } from '../test-bus.ts'
import { type HostileBed, openHostileBed } from './hostile-bed.ts'

let bed: HostileBed
beforeAll(async () => {
  bed = await openHostileBed()
})
afterAll(() => bed?.[Symbol.asyncDispose]())

describe('a hostile host', () => {
  it('reads no other journal through a consumer whose payload differs from its subject', async () => {
    await openJournal(bed.writer, { writer: 'writer', run: 'r2', task: 'secret' }).append([
      planned('the prompt'),
    ])
    const own = SUBJECTS.journal('analyst', 'r2', 'x')
    const other = SUBJECTS.journal('writer', 'r2', 'secret')
    for (const filter of [
      { filter_subject: other },
      { filter_subjects: [own, other] },
      { filter_subjects: [other] },
      { filter_subject: own, filter_subjects: [other] },
      {},
    ]) {
      const config = { name: 'spy', ack_policy: 'none', deliver_policy: 'all', ...filter }
      const answer = await bed.evil.connection.request(
        `$JS.API.CONSUMER.CREATE.JOURNAL.spy.${own}`,
        JSON.stringify({ stream_name: 'JOURNAL', config, action: 'create' }),
      )
      const { error, config: made } = answer.json<{ error?: object; config?: { filter_subject: string } }>()
      expect(error !== undefined || made?.filter_subject === own, JSON.stringify(filter)).toBe(true)
    }
  })

  it('cannot make the server write into another journal or publish an event', async () => {
    const victim = { writer: 'writer', run: 'r3', task: 'r3-w' }
    const subject = SUBJECTS.journal(victim.writer, victim.run, victim.task)
    const journal = openJournal(bed.writer, victim)
    await journal.append([created({ run: 'r3', task: 'r3-w', agent: 'writer' })])
    // A forged record in its own journal, for delivery on a subject that it cannot publish on.
    const own = SUBJECTS.journal('analyst', 'r3', 'forged')
    bed.evil.connection.publish(own, JSON.stringify({ v: 1, records: [planned('forged')] }))
    await bed.evil.connection.flush()
    const create = (config: object) =>
      bed.evil.connection.request(
        `$JS.API.CONSUMER.CREATE.JOURNAL.forge.${own}`,
        JSON.stringify({
          stream_name: 'JOURNAL',
          config: { ack_policy: 'none', filter_subject: own, ...config },
        }),
      )
    await create({ name: 'forge' })
    const forgedEvent = SUBJECTS.event('run', 'ended', 'user', 'r3')
    for (const target of [subject, forgedEvent]) {
      // Replies of the server, and stored messages, on a subject that the sender chooses.
      await bed.evil.publishes('$JS.API.CONSUMER.MSG.NEXT.JOURNAL.forge', '1', target)
      await bed.evil.publishes('$JS.API.CONSUMER.INFO.TASK.analyst', '', target)
      await bed.evil.publishes(SUBJECTS.journal('analyst', 'r3', 'y'), '{}', target)
      await create({ name: 'forge', deliver_subject: target }).catch(() => {})
      // Replies of honest processes.
      await bed.evil.publishes(
        SUBJECTS.tool('echo', 'analyst'),
        '{"id":"1","key":"1","run":"r","task":"t"}',
        target,
      )
    }
    await journal.append([planned('continues')])
    const records = await all(openJournal(bed.test.bus, victim).read())
    expect(records.map((record) => record.type)).toEqual(['task.created', 'task.planned'])
    expect(records[1]).toEqual(planned('continues'))
    const controller = new AbortController()
    const projecting = projectJournal(bed.test.bus, controller.signal)
    const types: string[] = []
    for await (const { event } of followEvents(bed.test.bus, { from: 'beginning', run: 'r3' })) {
      types.push(event.type)
      if (event.agent === 'writer' && event.type.includes('task.planned')) break
    }
    controller.abort()
    await projecting
    expect(types).not.toContain('dev.bailiwick.run.ended.v1')
    // The attempts are reported.
    expect(types).toContain('dev.bailiwick.journal.unreadable.v1')
  })

  it('gets no replies outside its own inbox', async () => {
    const answered: string[] = []
    const listener = bed.test.bus.connection.subscribe('>', {
      callback: (_, message) => void answered.push(message.subject),
    })
    let calls = 0
    const run = async () => ++calls
    const echo = { name: 'echo', description: '-', input: {}, effect: 'none' as const, run }
    const toolbox = await bed.connectAs({ role: 'toolbox', tools: ['echo'] })
    await using _ = await serveTool(toolbox, echo)
    const target = SUBJECTS.control('writer', 'cancel')
    for (const reply of [target, '_INBOX.coordinator.x', '_INBOX.writer.x']) {
      await bed.evil.publishes(
        SUBJECTS.tool('echo', 'analyst'),
        '{"id":"1","key":"1","run":"r","task":"t"}',
        reply,
      )
    }
    await until(() => answered.includes('_INBOX.writer.x'), 'the refusals')
    listener.unsubscribe()
    expect(calls).toBe(0)
    expect(answered).not.toContain(target)
  })

  it('does not reach a subscriber who filters by the subject of events, whatever it stores in their stream', async () => {
    const forged = {
      specversion: '1.0',
      id: '99999.0',
      source: '/bailiwick/coordinator',
      type: 'dev.bailiwick.run.ended.v1',
      subject: 'r8/run',
      time: new Date().toISOString(),
      datacontenttype: 'application/json',
      owner: 'user',
      run: 'r8',
      task: 'run',
      agent: 'coordinator',
      data: { status: 'completed' },
    }
    const own = SUBJECTS.journal('analyst', 'r8', 'forged')
    await bed.evil.publishes(own, JSON.stringify(forged))
    const config = { name: 'r8', ack_policy: 'none', filter_subject: own }
    await bed.evil.connection.request(
      `$JS.API.CONSUMER.CREATE.JOURNAL.r8.${own}`,
      JSON.stringify({ stream_name: 'JOURNAL', config }),
    )
    await bed.evil.publishes(
      '$JS.API.CONSUMER.MSG.NEXT.JOURNAL.r8',
      '1',
      SUBJECTS.event('run', 'ended', 'user', 'r8'),
    )
    const subjects = async () =>
      (await bed.test.bus.jsm.streams.info('EVENT', { subjects_filter: '>' })).state.subjects ?? {}
    // It is stored, but under its first subject.
    await until(async () => own in (await subjects()), 'the forged event')
    const marker = { writer: 'writer', run: 'r8', task: 'r8-w' }
    await openJournal(bed.writer, marker).append([planned('the honest one')])
    const controller = new AbortController()
    const projecting = projectJournal(bed.test.bus, controller.signal)
    for await (const { event } of followEvents(bed.test.bus, { from: 'beginning' })) {
      expect(event.id).not.toBe('99999.0')
      if (event.task === 'r8-w') break
    }
    controller.abort()
    await projecting
  })

  it('cannot turn another message into a duplicate, or fence it, with its own headers', async () => {
    const victim = openJournal(bed.writer, { writer: 'writer', run: 'r4', task: 'r4-w' })
    for (const id of ['1.0', 'r4-w.1']) {
      await bed.evil.publishes(SUBJECTS.journal('analyst', 'r4', 'x'), '{}', undefined, ['Nats-Msg-Id', id])
    }
    await victim.append([planned('stored')])
    await ringTask(bed.test.bus, { agent: 'writer', run: 'r4', task: 'r4-w', ring: 1 })
    const [delivery] = await take(takeTasks(bed.writer, 'writer'), 1)
    expect(delivery?.task).toBe('r4-w')
    delivery?.ack()
  })

  it('can use the reply subject of a request only once, and no other', async () => {
    const heard: string[] = []
    const inbox = bed.test.bus.connection.subscribe('_INBOX.coordinator.captured.*', {
      callback: (_, message) => void heard.push(message.subject),
    })
    const control = bed.evil.connection.subscribe(SUBJECTS.control('analyst', 'cancel'), { max: 1 })
    await bed.evil.connection.flush()
    bed.test.bus.connection.publish(SUBJECTS.control('analyst', 'cancel'), '{}', {
      reply: '_INBOX.coordinator.captured.1',
    })
    for await (const message of control) {
      expect(message.reply).toBe('_INBOX.coordinator.captured.1')
      expect(await bed.evil.publishes('_INBOX.coordinator.captured.2')).toContain('Permissions Violation')
      expect(await bed.evil.publishes('_INBOX.coordinator.captured.1')).toBe('')
      expect(await bed.evil.publishes('_INBOX.coordinator.captured.1')).toContain('Permissions Violation')
    }
    await until(() => heard.length > 0, 'the one reply')
    inbox.unsubscribe()
    expect(heard).toEqual(['_INBOX.coordinator.captured.1'])
  })
})
