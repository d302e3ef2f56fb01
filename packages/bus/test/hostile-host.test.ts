import { Socket } from 'node:net'
import { connect, credsAuthenticator, headers, type NatsConnection } from '@nats-io/transport-node'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Bus } from '../src/connect/bus.ts'
import { connectBus } from '../src/connect/connect-bus.ts'
import {
  announceAgent,
  followEvents,
  followJournal,
  getArtifact,
  listAgents,
  listTools,
  openJournal,
  permissionsFor,
  prepareQueue,
  projectJournal,
  publishLive,
  putArtifact,
  type RoleGrant,
  readFirst,
  registerTool,
  remoteTool,
  requestDelegation,
  ringTask,
  SUBJECTS,
  serveTool,
  takeTasks,
  userName,
  watchAgents,
  watchTools,
} from '../src/index.ts'
import { all, created, planned, startTestBus, type TestBus, take, until } from './test-bus.ts'

let test: TestBus
/** The hostile one: valid credentials of an analyst of level 3, and a client of its own making. */
let creds: string
let evil: NatsConnection
const violations: string[] = []
/** Who must come to no harm. */
let writer: Bus
const opened: Bus[] = []

async function connectAs(grant: RoleGrant): Promise<Bus> {
  const name = userName(grant)
  const user = await test.server.credentials({ name, permissions: permissionsFor(grant) })
  const bus = await connectBus({ url: test.server.url, creds: user.creds, name })
  opened.push(bus)
  return bus
}

const analyst: RoleGrant = {
  role: 'host',
  agent: 'analyst',
  level: 3,
  tools: ['echo'],
  readsFrom: ['writer'],
}

beforeAll(async () => {
  test = await startTestBus()
  for (const agent of ['analyst', 'writer']) await prepareQueue(test.bus, agent)
  writer = await connectAs({ role: 'host', agent: 'writer', level: 5, tools: ['echo'] })
  creds = (await test.server.credentials({ name: 'analyst', permissions: permissionsFor(analyst) })).creds
  evil = await connect({
    servers: test.server.url,
    authenticator: credsAuthenticator(Buffer.from(creds)),
    inboxPrefix: '_INBOX.analyst',
  })
  void (async () => {
    for await (const status of evil.status()) {
      if (status.type === 'error') violations.push(status.error.message)
    }
  })()
})
afterAll(async () => {
  await evil.close()
  await Promise.all(opened.map((bus) => bus.close()))
  await test[Symbol.asyncDispose]()
})

/** Publishes, and returns what the server said against it. */
async function publishes(
  subject: string,
  payload = '',
  reply?: string,
  header?: [string, string],
): Promise<string> {
  violations.length = 0
  const set = header === undefined ? undefined : headers()
  if (header !== undefined) set?.set(...header)
  evil.publish(subject, payload, { ...(reply ? { reply } : {}), ...(set ? { headers: set } : {}) })
  await evil.flush()
  await evil.flush()
  return violations.join('\n')
}

async function subscribes(subject: string): Promise<string> {
  violations.length = 0
  const subscription = evil.subscribe(subject, { callback: () => {} })
  await evil.flush()
  await evil.flush()
  subscription.unsubscribe()
  return violations.join('\n')
}

describe('an honest host', () => {
  it('does its whole work with its permissions, sixty tools included', async () => {
    const tools = Array.from({ length: 60 }, (_, n) => `tool_with_a_rather_long_name_${n}`)
    await prepareQueue(test.bus, 'honest')
    const grant: RoleGrant = { role: 'host', agent: 'honest', level: 5, tools, readsFrom: ['writer'] }
    const bus = await connectAs(grant)
    const toolbox = await connectAs({ role: 'toolbox', tools, readsFrom: ['honest'] })
    const complaints: string[] = []
    for (const each of [bus, toolbox]) {
      void (async () => {
        for await (const status of each.connection.status()) {
          if (status.type === 'error') complaints.push(status.error.message)
        }
      })()
    }
    const address = { writer: 'honest', run: 'r1', task: 'r1-h' }
    await openJournal(test.bus, address).append([created({ run: 'r1', task: 'r1-h', agent: 'honest' })])
    await ringTask(test.bus, { agent: 'honest', run: 'r1', task: 'r1-h', ring: 1 })
    const card = { name: 'honest', description: '', level: 5 as const, tools, delegates: [], imports: [] }
    const presence = { card, host: 'honest-1', pid: 1, slots: 1, busy: 0, startedAt: 0 }
    const announcement = await announceAgent(bus, presence)
    const [delivery] = await take(takeTasks(bus, 'honest'), 1)
    const journal = openJournal(bus, address)
    expect(await all(journal.read())).toHaveLength(1)
    await journal.append([planned('x'.repeat(500_000))])
    expect(await all(openJournal(bus, address).read())).toHaveLength(2)
    const run = async (_: unknown, { caller, task }: { caller: string; task: string }) => {
      const first = await readFirst(toolbox, { writer: caller, task })
      return { run: first.run, text: 'z'.repeat(300_000) }
    }
    const tool = { name: tools[59] ?? '', description: '-', input: {}, effect: 'none' as const, run }
    await registerTool(toolbox, tool, { host: 'toolbox' })
    await using _ = await serveTool(toolbox, tool, { writer: 'toolbox' })
    const context = {
      id: '1.1',
      key: 'k',
      caller: 'honest',
      run: 'lie',
      task: 'r1-h',
      signal: AbortSignal.timeout(9_000),
    }
    const result = await remoteTool(bus, tool, 'honest').run({}, context)
    expect(result).toMatchObject({ run: 'r1' })
    const file = { writer: 'honest', key: 'r1/chart', name: 'chart.svg', mediaType: 'image/svg+xml' }
    await putArtifact(bus, { ...file, bytes: Buffer.from('first') })
    const ref = await putArtifact(bus, { ...file, bytes: Buffer.alloc(700_000, 'x') })
    expect(await getArtifact(bus, ref)).toHaveLength(700_000)
    publishLive(
      bus,
      { agent: 'honest', run: 'r1', task: 'r1-h' },
      {
        type: 'text',
        run: 'r1',
        task: 'r1-h',
        agent: 'honest',
        level: 5,
        step: 1,
        text: 'hello',
      },
    )
    delivery?.ack()
    await announcement[Symbol.asyncDispose]()
    await bus.connection.flush()
    await toolbox.connection.flush()
    expect(complaints).toEqual([])
  })
})

describe('a hostile host', () => {
  it.each([
    ["another agent's journal", () => SUBJECTS.journal('writer', 'r1', 'r1-w')],
    ["a run's own journal", () => SUBJECTS.journal('coordinator', 'r1', 'run')],
    ["another agent's doorbell", () => SUBJECTS.task('writer', 'r1-w')],
    ['its own doorbell', () => SUBJECTS.task('analyst', 'r1-a')],
    ['an event', () => SUBJECTS.event('run', 'ended', 'r1')],
    ["another agent's live text", () => SUBJECTS.live('writer', 'r1', 'r1-w')],
    ['a control request', () => SUBJECTS.control('writer', 'cancel')],
    ['a request about runs', () => SUBJECTS.run('cancel')],
    ['a request for a delegate, at level 3', () => SUBJECTS.delegate('analyst')],
    ["a request for a delegate in another's name", () => SUBJECTS.delegate('writer')],
    ["a call in another's name", () => SUBJECTS.tool('echo', 'writer')],
    ['a call of a tool that was not granted', () => SUBJECTS.tool('readFile', 'analyst')],
    ["a cancel of another's call", () => SUBJECTS.cancel('writer')],
    ['the registry of tools', () => '$KV.tools.echo'],
    ["another agent's heartbeat", () => '$KV.agents.writer.writer-1'],
    ["another agent's files", () => '$O.artifact_writer.M.eA=='],
    ["another's inbox", () => '_INBOX.coordinator.x'],
    ["the settling of another's task", () => '$JS.ACK.TASK.writer.1.1.1.1.0'],
    ['an account advisory', () => '$JS.EVENT.ADVISORY.CONSUMER.MSG_TERMINATED.TASK.writer'],
    [
      'making a durable on its own queue',
      () => '$JS.API.CONSUMER.CREATE.TASK.analyst.bailiwick.v1.task.writer.*',
    ],
    ["retargeting another's durable", () => '$JS.API.CONSUMER.DURABLE.CREATE.TASK.writer'],
    ["deleting another's durable", () => '$JS.API.CONSUMER.DELETE.TASK.writer'],
    ["pulling from another's durable", () => '$JS.API.CONSUMER.MSG.NEXT.TASK.writer'],
    ['deleting a stream', () => '$JS.API.STREAM.DELETE.JOURNAL'],
    ['purging a stream', () => '$JS.API.STREAM.PURGE.JOURNAL'],
    ['changing a stream', () => '$JS.API.STREAM.UPDATE.TASK'],
    ['making a stream', () => '$JS.API.STREAM.CREATE.MINE'],
    ['deleting a message', () => '$JS.API.STREAM.MSG.DELETE.JOURNAL'],
    ['reading any message', () => '$JS.API.STREAM.MSG.GET.JOURNAL'],
    [
      'reading the last message of a subject',
      () => '$JS.API.DIRECT.GET.JOURNAL.bailiwick.v1.journal.writer.r1.t',
    ],
    ['listing subjects', () => '$JS.API.STREAM.INFO.JOURNAL'],
    ['listing consumers', () => '$JS.API.CONSUMER.NAMES.JOURNAL'],
    [
      "reading another's journals",
      () => '$JS.API.CONSUMER.CREATE.JOURNAL.x.bailiwick.v1.journal.writer.r1.t',
    ],
    ['reading all journals', () => '$JS.API.CONSUMER.CREATE.JOURNAL.x'],
    ["reading another's large records", () => '$JS.API.STREAM.MSG.GET.OBJ_journal_writer'],
    ['the system account', () => '$SYS.REQ.SERVER.PING'],
    ['who is connected', () => '$SYS.REQ.USER.INFO'],
    ['listing streams', () => '$JS.API.STREAM.NAMES'],
    ['listing all that streams hold', () => '$JS.API.STREAM.LIST'],
    ['taking a copy of a stream', () => '$JS.API.STREAM.SNAPSHOT.JOURNAL'],
    ['putting back a copy', () => '$JS.API.STREAM.RESTORE.JOURNAL'],
    ['moving a stream', () => '$JS.API.META.LEADER.STEPDOWN'],
    ['a batch of direct gets', () => '$JS.API.DIRECT.GET.TASK'],
    ['a consumer without a filter, by its old name', () => '$JS.API.CONSUMER.DURABLE.CREATE.JOURNAL.x'],
    ['a consumer without any name', () => '$JS.API.CONSUMER.CREATE.EVENT'],
    [
      'a consumer of all its own kind of journals',
      () => `$JS.API.CONSUMER.CREATE.JOURNAL.x.${SUBJECTS.journal('*', '*', '*')}`,
    ],
    [
      'a consumer on a wildcard that is wider',
      () => '$JS.API.CONSUMER.CREATE.JOURNAL.x.bailiwick.v1.journal.>',
    ],
    ['pausing a consumer', () => '$JS.API.CONSUMER.PAUSE.TASK.analyst'],
    ['unpinning a consumer', () => '$JS.API.CONSUMER.UNPIN.TASK.analyst'],
    ["knowing another's durable", () => '$JS.API.CONSUMER.INFO.TASK.writer'],
    ['a durable whose name begins like its own', () => '$JS.API.CONSUMER.MSG.NEXT.TASK.analyst2'],
    ['settling, with a domain in the subject', () => '$JS.ACK._.acc.TASK.analyst.1.1.1.1.0.x'],
    ['discovering services', () => '$SRV.PING'],
    ['a key below another agent whose name begins like its own', () => '$KV.agents.analyst2.x'],
    ["the user's uploads", () => '$O.artifact_user.M.eA=='],
    ["reading a named user's uploads", () => '$JS.API.STREAM.MSG.GET.OBJ_artifact_user-alice'],
    ["a named user's request", () => SUBJECTS.runAs('submit', 'user-alice')],
    ["emptying another's files", () => '$JS.API.STREAM.PURGE.OBJ_artifact_writer'],
    ['a reply that the server makes for services', () => '_R_.x'],
    ['renewing its own rights', () => '$SYS.REQ.CLAIMS.UPDATE'],
  ])('may not publish: %s', async (_, subject) => {
    expect(await publishes(subject())).toContain('Permissions Violation for Publish')
  })

  it.each([
    ['everything', '>'],
    ["another's inbox", '_INBOX.coordinator.>'],
    ['all inboxes', '_INBOX.>'],
    ["another agent's control", 'bailiwick.v1.control.writer.*'],
    ['all journals', 'bailiwick.v1.journal.>'],
    ['all doorbells', 'bailiwick.v1.task.>'],
    ['calls of a tool', 'bailiwick.v1.tool.echo.*'],
    ['requests about runs', 'bailiwick.v1.run.*'],
    ['live texts', 'bailiwick.v1.live.>'],
    ['advisories', '$JS.EVENT.>'],
    ['requests to JetStream', '$JS.API.>'],
    ['acknowledgements', '$JS.ACK.>'],
    ['keys as they change', '$KV.>'],
    ['files as they are written', '$O.>'],
    ['events past the stream', 'bailiwick.v1.event.>'],
    ['services', '$SRV.>'],
    ['a queue group on calls of a tool', 'bailiwick.v1.tool.echo.analyst'],
    ['the inbox of one whose name begins like its own', '_INBOX.analyst2.>'],
    ['the system account', '$SYS.>'],
  ])('may not listen to: %s', async (_, subject) => {
    expect(await subscribes(subject)).toContain('Permissions Violation for Subscription')
  })

  it('reads no other journal through a consumer whose payload says something else than its subject', async () => {
    await openJournal(writer, { writer: 'writer', run: 'r2', task: 'secret' }).append([planned('the prompt')])
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
      const answer = await evil.request(
        `$JS.API.CONSUMER.CREATE.JOURNAL.spy.${own}`,
        JSON.stringify({ stream_name: 'JOURNAL', config, action: 'create' }),
      )
      const { error, config: made } = answer.json<{ error?: object; config?: { filter_subject: string } }>()
      expect(error !== undefined || made?.filter_subject === own, JSON.stringify(filter)).toBe(true)
    }
  })

  it('cannot have the bus write into a journal or make an event in its name', async () => {
    const victim = { writer: 'writer', run: 'r3', task: 'r3-w' }
    const subject = SUBJECTS.journal(victim.writer, victim.run, victim.task)
    const journal = openJournal(writer, victim)
    await journal.append([created({ run: 'r3', task: 'r3-w', agent: 'writer' })])
    // A forged record in a journal of its own, to be delivered to where it may not publish.
    const own = SUBJECTS.journal('analyst', 'r3', 'forged')
    await openJournal(opened[1] ?? writer, victim)
      .append([])
      .catch(() => {})
    evil.publish(own, JSON.stringify({ v: 1, records: [planned('forged')] }))
    await evil.flush()
    const create = (config: object) =>
      evil.request(
        `$JS.API.CONSUMER.CREATE.JOURNAL.forge.${own}`,
        JSON.stringify({
          stream_name: 'JOURNAL',
          config: { ack_policy: 'none', filter_subject: own, ...config },
        }),
      )
    await create({ name: 'forge' })
    const forgedEvent = SUBJECTS.event('run', 'ended', 'r3')
    for (const target of [subject, forgedEvent]) {
      // Replies of the server, and stored messages, on a subject of the asker's choice.
      await publishes('$JS.API.CONSUMER.MSG.NEXT.JOURNAL.forge', '1', target)
      await publishes('$JS.API.CONSUMER.INFO.TASK.analyst', '', target)
      await publishes(SUBJECTS.journal('analyst', 'r3', 'y'), '{}', target)
      await create({ name: 'forge', deliver_subject: target }).catch(() => {})
      // And the answers of honest processes.
      await publishes(SUBJECTS.tool('echo', 'analyst'), '{"id":"1","key":"1","run":"r","task":"t"}', target)
    }
    await journal.append([planned('goes on')])
    const records = await all(openJournal(test.bus, victim).read())
    expect(records.map((record) => record.type)).toEqual(['task.created', 'planned'])
    expect(records[1]).toEqual(planned('goes on'))
    const controller = new AbortController()
    const projecting = projectJournal(test.bus, controller.signal)
    const types: string[] = []
    for await (const { event } of followEvents(test.bus, { from: 'beginning', run: 'r3' })) {
      types.push(event.type)
      if (event.agent === 'writer' && event.type.includes('task.planned')) break
    }
    controller.abort()
    await projecting
    expect(types).not.toContain('dev.bailiwick.run.ended.v1')
    // What was tried is seen.
    expect(types).toContain('dev.bailiwick.journal.unreadable.v1')
  })

  it('is not answered outside its own inbox', async () => {
    const answered: string[] = []
    const listener = test.bus.connection.subscribe('>', {
      callback: (_, message) => void answered.push(message.subject),
    })
    let calls = 0
    const run = async () => ++calls
    const echo = { name: 'echo', description: '-', input: {}, effect: 'none' as const, run }
    const toolbox = await connectAs({ role: 'toolbox', tools: ['echo'] })
    await using _ = await serveTool(toolbox, echo)
    const target = SUBJECTS.control('writer', 'cancel')
    for (const reply of [target, '_INBOX.coordinator.x', '_INBOX.writer.x']) {
      await publishes(SUBJECTS.tool('echo', 'analyst'), '{"id":"1","key":"1","run":"r","task":"t"}', reply)
    }
    await until(() => answered.includes('_INBOX.writer.x'), 'the refusals')
    listener.unsubscribe()
    expect(calls).toBe(0)
    expect(answered).not.toContain(target)
  })

  it('cannot empty the registry with a roll-up of its own key', async () => {
    const card = { name: 'writer', description: '', level: 5 as const, tools: [], delegates: [], imports: [] }
    const presence = { card, host: 'writer-1', pid: 1, slots: 1, busy: 0, startedAt: 0 }
    await using _ = await announceAgent(writer, presence)
    await publishes('$KV.agents.analyst.analyst-1', '{}', undefined, ['Nats-Rollup', 'all'])
    expect((await listAgents(test.bus)).map(({ host }) => host)).toEqual(['writer-1'])
  })

  it('withdraws no tool and ends no host by having the server answer in their place', async () => {
    const tool = { name: 'echo', description: '-', input: {}, effect: 'none' as const }
    await registerTool(test.bus, tool, { host: 'toolbox' })
    const card = { name: 'writer', description: '', level: 5 as const, tools: [], delegates: [], imports: [] }
    const presence = { card, host: 'writer-2', pid: 1, slots: 1, busy: 0, startedAt: 0 }
    await using _ = await announceAgent(writer, presence)
    const ended = new AbortController()
    const views: { tools: string[]; hosts: string[] } = { tools: [], hosts: [] }
    const missing: string[] = []
    const watching = [
      (async () => {
        for await (const tools of watchTools(test.bus, { signal: ended.signal, mend: true })) {
          views.tools = tools.map((one) => one.card.name)
          if (!views.tools.includes('echo')) missing.push('echo')
        }
      })(),
      (async () => {
        for await (const hosts of watchAgents(test.bus, { signal: ended.signal })) {
          views.hosts = hosts.map(({ host }) => host)
          if (!views.hosts.includes('writer-2')) missing.push('writer-2')
        }
      })(),
    ]
    await until(() => views.tools.includes('echo') && views.hosts.includes('writer-2'), 'the registries')
    missing.length = 0
    for (const target of ['$KV.tools.echo', '$KV.agents.writer.writer-2']) {
      for (let n = 0; n < 20; n++) await publishes('$JS.API.INFO', '', target)
    }
    const stored = async () =>
      (await test.bus.jsm.streams.getMessage('KV_tools', { last_by_subj: '$KV.tools.echo' }))?.string()
    // Who looks now sees it as well: it was put back.
    await until(async () => (await stored())?.includes('"host":"toolbox"'), 'the registration')
    expect((await listTools(test.bus)).map((one) => one.card.name)).toContain('echo')
    ended.abort()
    await Promise.all(watching)
    expect(missing).toEqual([])
  })

  it('keeps no task out by having the server answer in its place, or fill the queue', async () => {
    await using own = await startTestBus({ maxQueued: 20 })
    await prepareQueue(own.bus, 'writer')
    const user = await own.server.credentials({ name: 'analyst', permissions: permissionsFor(analyst) })
    const intruder = await connect({
      servers: own.server.url,
      authenticator: credsAuthenticator(Buffer.from(user.creds)),
      inboxPrefix: '_INBOX.analyst',
    })
    const messages = async () => (await own.bus.jsm.streams.info('TASK')).state.messages
    intruder.publish('$JS.API.INFO', '', { reply: SUBJECTS.task('writer', 'r9-w') })
    for (let n = 1; n < 40; n++)
      intruder.publish('$JS.API.INFO', '', { reply: SUBJECTS.task('nobody', `r9-${n}`) })
    await until(async () => (await messages()) === 20, 'a full queue')
    for (const task of ['r9-w', 'r9-v']) {
      await ringTask(own.bus, { agent: 'writer', run: 'r9', task, ring: 1 })
    }
    expect(
      (await take(takeTasks(own.bus, 'writer', { maxConcurrent: 2 }), 2)).map(({ task }) => task),
    ).toEqual(['r9-w', 'r9-v'])
    await intruder.close()
  })

  it('is not heard by a subscriber who filters by the subject of events, whatever it puts into their stream', async () => {
    const forged = {
      specversion: '1.0',
      id: '99999.0',
      source: '/bailiwick/coordinator',
      type: 'dev.bailiwick.run.ended.v1',
      subject: 'r8/run',
      time: new Date().toISOString(),
      datacontenttype: 'application/json',
      run: 'r8',
      task: 'run',
      agent: 'coordinator',
      data: { status: 'completed' },
    }
    const own = SUBJECTS.journal('analyst', 'r8', 'forged')
    await publishes(own, JSON.stringify(forged))
    const config = { name: 'r8', ack_policy: 'none', filter_subject: own }
    await evil.request(
      `$JS.API.CONSUMER.CREATE.JOURNAL.r8.${own}`,
      JSON.stringify({ stream_name: 'JOURNAL', config }),
    )
    await publishes('$JS.API.CONSUMER.MSG.NEXT.JOURNAL.r8', '1', SUBJECTS.event('run', 'ended', 'r8'))
    const subjects = async () =>
      (await test.bus.jsm.streams.info('EVENT', { subjects_filter: '>' })).state.subjects ?? {}
    // It is there, but under the subject that it was stored under first.
    await until(async () => own in (await subjects()), 'the forged event')
    const marker = { writer: 'writer', run: 'r8', task: 'r8-w' }
    await openJournal(writer, marker).append([planned('the honest one')])
    const controller = new AbortController()
    const projecting = projectJournal(test.bus, controller.signal)
    for await (const { event } of followEvents(test.bus, { from: 'beginning' })) {
      expect(event.id).not.toBe('99999.0')
      if (event.task === 'r8-w') break
    }
    controller.abort()
    await projecting
  })

  it('cannot make another message a duplicate, or fence it, with headers of its own', async () => {
    const victim = openJournal(writer, { writer: 'writer', run: 'r4', task: 'r4-w' })
    for (const id of ['1.0', 'r4-w.1']) {
      await publishes(SUBJECTS.journal('analyst', 'r4', 'x'), '{}', undefined, ['Nats-Msg-Id', id])
    }
    await victim.append([planned('stored')])
    await ringTask(test.bus, { agent: 'writer', run: 'r4', task: 'r4-w', ring: 1 })
    const [delivery] = await take(takeTasks(writer, 'writer'), 1)
    expect(delivery?.task).toBe('r4-w')
    delivery?.ack()
  })

  it('cannot use a reply subject that it was given more than once, or another', async () => {
    const heard: string[] = []
    const inbox = test.bus.connection.subscribe('_INBOX.coordinator.captured.*', {
      callback: (_, message) => void heard.push(message.subject),
    })
    const control = evil.subscribe(SUBJECTS.control('analyst', 'cancel'), { max: 1 })
    await evil.flush()
    test.bus.connection.publish(SUBJECTS.control('analyst', 'cancel'), '{}', {
      reply: '_INBOX.coordinator.captured.1',
    })
    for await (const message of control) {
      expect(message.reply).toBe('_INBOX.coordinator.captured.1')
      expect(await publishes('_INBOX.coordinator.captured.2')).toContain('Permissions Violation')
      expect(await publishes('_INBOX.coordinator.captured.1')).toBe('')
      expect(await publishes('_INBOX.coordinator.captured.1')).toContain('Permissions Violation')
    }
    await until(() => heard.length > 0, 'the one answer')
    inbox.unsubscribe()
    expect(heard).toEqual(['_INBOX.coordinator.captured.1'])
  })

  it('is cut off when it sends more than the server takes, and nobody else is', async () => {
    const { hostname, port } = new URL(test.server.url)
    const socket = new Socket()
    const closed = new Promise<string>((resolve) => {
      let text = ''
      socket.on('data', (data) => {
        text += data.toString()
      })
      socket.on('error', () => {})
      socket.on('close', () => resolve(text))
    })
    socket.connect(Number(port), hostname)
    socket.write(`PUB ${'x'.repeat(200_000)} 1\r\n`)
    expect(await closed).toContain('-ERR')
    await writer.connection.flush()
  })

  it('harms nobody with a flood of what it may send', async () => {
    const end = Date.now() + 1_500
    const flood = (async () => {
      while (Date.now() < end) {
        for (let n = 0; n < 200; n++) {
          evil.publish(SUBJECTS.live('analyst', 'r5', 'x'), 'x'.repeat(1_000))
          evil.publish(SUBJECTS.journal('analyst', 'r5', `x${n}`), '{}')
        }
        await evil.flush()
      }
    })()
    const journal = openJournal(writer, { writer: 'writer', run: 'r5', task: 'r5-w' })
    let appends = 0
    while (Date.now() < end) {
      await journal.append([planned(`${appends++}`)])
    }
    await flood
    expect(await all(openJournal(writer, { writer: 'writer', run: 'r5', task: 'r5-w' }).read())).toHaveLength(
      appends,
    )
    expect(appends).toBeGreaterThan(0)
  })
})

describe('the other roles', () => {
  it('lets a reader follow events from the beginning, and see no texts', async () => {
    const reader = await connectAs({ role: 'reader' })
    const [first] = await take(followEvents(reader, { from: 'beginning' }), 1)
    expect(first?.event.specversion).toBe('1.0')
    await expect(take(followJournal(reader, {}), 1)).rejects.toMatchObject({ code: 'bus-forbidden' })
    expect(await listAgents(reader)).toEqual(expect.any(Array))
  })

  it('lets nobody below level 4 ask for a delegate, and says so', async () => {
    const bus = await connectAs({ ...analyst, tools: [] })
    const request = { call: '1.1', key: 'k', run: 'r1', task: 'r1-a', target: 'writer', text: 'write' }
    await expect(
      requestDelegation(bus, 'analyst', request, AbortSignal.timeout(3_000)),
    ).rejects.toMatchObject({
      code: 'bus-forbidden',
    })
  })
})
