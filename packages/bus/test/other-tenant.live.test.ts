import { startTenants, type Tenants } from '@bailiwick/nats-server/testing'
import { connect, credsAuthenticator, type NatsConnection } from '@nats-io/transport-node'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Bus } from '../src/connect/bus.ts'
import { connectBus } from '../src/connect/connect-bus.ts'
import {
  announceAgent,
  getArtifact,
  listAgents,
  listTools,
  openJournal,
  prepareQueue,
  prepareStreams,
  putArtifact,
  registerTool,
  remoteTool,
  ringTask,
  SUBJECTS,
  serveTool,
  takeTasks,
} from '../src/index.ts'
import { all, created, planned, take } from './test-bus.ts'

let server: Tenants
/** The coordinator of one account, and a user with all rights in another account of the same server. */
let victim: Bus
let stranger: NatsConnection
/** Subjects of the stranger's messages that reached the victim. */
const heard: string[] = []

const address = { writer: 'writer', run: 'r1', task: 'r1-w' }

beforeAll(async () => {
  server = await startTenants()
  const own = await server.mint('one', { name: 'coordinator' })
  victim = await connectBus({ url: server.url, creds: own.creds, name: 'coordinator' })
  await prepareStreams(victim)
  await prepareQueue(victim, 'writer')
  const { creds } = await server.mint('other', { name: 'coordinator' })
  stranger = await connect({
    servers: server.url,
    authenticator: credsAuthenticator(Buffer.from(creds)),
    inboxPrefix: '_INBOX.coordinator',
    reconnect: false,
  })
})
afterAll(async () => {
  await stranger?.close()
  await victim?.close()
  await server?.[Symbol.asyncDispose]()
})

const FORGED = { seq: 1, last_by_subj: 'forged', expires: 1 }

/** The server's reply, or the error's message. */
async function asks(subject: string, payload: unknown = ''): Promise<string> {
  const text = typeof payload === 'string' ? payload : JSON.stringify(payload)
  try {
    return (await stranger.request(subject, text, { timeout: 20_000 })).string()
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}

async function streams(): Promise<string> {
  const infos = await victim.jsm.streams.list().next()
  return JSON.stringify(infos.map(({ config, state }) => [config.name, state.messages, state.last_seq]))
}

describe('another tenant on the same server, with all rights in its own account', () => {
  it('receives nothing of a run, whatever it subscribes to', async () => {
    const told: string[] = []
    const listening = ['>', 'bailiwick.>', '$JS.>', '$KV.>', '$O.>', '_INBOX.>'].map((subject) =>
      stranger.subscribe(subject, { callback: (_, message) => void told.push(message.subject) }),
    )
    await stranger.flush()
    await openJournal(victim, address).append([created({ run: 'r1', task: 'r1-w', agent: 'writer' })])
    await ringTask(victim, { agent: 'writer', run: 'r1', task: 'r1-w', ring: 1 })
    const file = { run: 'r1', name: 'x.txt', mediaType: 'text/plain' }
    const ref = await putArtifact(victim, { ...file, bytes: Buffer.from('a file') })
    const tool = {
      name: 'echo',
      description: '-',
      input: {},
      effect: 'once' as const,
      run: async () => 'one',
    }
    await registerTool(victim, tool, { host: 'toolbox' })
    await using _ = await serveTool(victim, tool)
    const signal = AbortSignal.timeout(30_000)
    const context = { id: '1', key: '1', caller: 'coordinator', run: 'r1', task: 'r1-w', signal }
    expect(await remoteTool(victim, tool, 'coordinator').run({}, context)).toBe('one')
    expect(Buffer.from(await getArtifact(victim, ref)).toString()).toBe('a file')
    await victim.connection.flush()
    await stranger.flush()
    for (const each of listening) each.unsubscribe()
    expect(told).toEqual([])
  })

  it.each([
    ['a journal', SUBJECTS.journal('writer', 'r1', 'r1-w')],
    ["a run's journal", SUBJECTS.journal('coordinator', 'r1', 'run')],
    ['a bell', SUBJECTS.task('writer', 'r1-w')],
    ['an event', SUBJECTS.event('run', 'ended', 'user', 'r1')],
    ['a control request', SUBJECTS.control('writer', 'cancel')],
    ['a request about runs', SUBJECTS.run('list')],
    ['a request for a delegate', SUBJECTS.delegate('writer')],
    ['a call of a tool', SUBJECTS.tool('echo', 'coordinator')],
    ['a cancel', SUBJECTS.cancel('coordinator')],
    ['the registry of tools', '$KV.tools.echo'],
    ['a heartbeat', '$KV.agents.writer.writer-1'],
    ['a file', '$O.artifact_coordinator.M.cjEveA=='],
    ['settling a task', '$JS.ACK.TASK.writer.1.1.1.1.0'],
    ['an advisory', '$JS.EVENT.ADVISORY.API'],
    ['a stream', '$JS.API.STREAM.INFO.JOURNAL'],
    ['deleting a stream', '$JS.API.STREAM.DELETE.JOURNAL'],
    ['purging a stream', '$JS.API.STREAM.PURGE.JOURNAL'],
    ['a stored message', '$JS.API.STREAM.MSG.GET.JOURNAL'],
    ['the last message of a subject', `$JS.API.DIRECT.GET.TASK.${SUBJECTS.task('writer', 'r1-w')}`],
    ["the coordinator's durable consumer", '$JS.API.CONSUMER.INFO.TASK.writer'],
    ['a task', '$JS.API.CONSUMER.MSG.NEXT.TASK.writer'],
    ['a consumer of journals', '$JS.API.CONSUMER.CREATE.JOURNAL.x'],
  ])('reaches nothing with a message for %s', async (_, subject) => {
    const listening = victim.connection.subscribe(subject, {
      callback: (_error, message) => {
        // The server sends an account advisories about requests for its own streams.
        if (message.string().includes('forged')) heard.push(message.subject)
      },
    })
    await victim.connection.flush()
    const before = await streams()
    // The reply only says that its own account has no such stream or responder.
    expect(await asks(subject, FORGED)).toMatch(/^no responders|"error":/)
    expect(await asks(subject, '')).toMatch(/^no responders|"error":/)
    await victim.connection.flush()
    listening.unsubscribe()
    expect(heard).toEqual([])
    expect(await streams()).toBe(before)
  })

  it('sees an empty account, and can create streams of the same names without touching the others', async () => {
    const before = await streams()
    expect(JSON.parse(await asks('$JS.API.INFO'))).toMatchObject({ streams: 0, consumers: 0 })
    for (const name of ['JOURNAL', 'TASK', 'EVENT', 'KV_tools']) {
      const subjects = [name === 'KV_tools' ? '$KV.tools.>' : `bailiwick.v1.${name.toLowerCase()}.>`]
      expect(await asks(`$JS.API.STREAM.CREATE.${name}`, { name, subjects })).toContain('"config"')
    }
    await asks(SUBJECTS.journal('writer', 'r1', 'r1-w'), '{"v":1,"records":[]}')
    await asks('$KV.tools.echo', 'forged')
    // A source names a stream of its own account, whatever it contains.
    const stolen = {
      name: 'STOLEN',
      sources: [{ name: 'JOURNAL', external: { api: '$JS.API', deliver: 'x' } }],
    }
    await asks('$JS.API.STREAM.CREATE.STOLEN', stolen)
    expect(await streams()).toBe(before)
    const read = await asks('$JS.API.STREAM.MSG.GET.JOURNAL', { seq: 1 })
    expect(Buffer.from(JSON.parse(read).message.data, 'base64').toString()).toBe('{"v":1,"records":[]}')
    expect((await listTools(victim)).map(({ card }) => card.name)).toEqual(['echo'])
  })

  it.each([
    ['the account', '$SYS.REQ.ACCOUNT.%.INFO'],
    ['its connections', '$SYS.REQ.ACCOUNT.%.CONNZ'],
    ['its claims', '$SYS.REQ.ACCOUNT.%.CLAIMS.LOOKUP'],
    ['an update of its claims', '$SYS.REQ.ACCOUNT.%.CLAIMS.UPDATE'],
    ['its deletion', '$SYS.REQ.CLAIMS.DELETE'],
    ['the server', '$SYS.REQ.SERVER.PING'],
  ])('gets nothing from the system account: %s', async (_, subject) => {
    expect(await asks(subject.replace('%', server.accounts.one))).toMatch(
      /no responders|permissions violation/i,
    )
  })

  it('cannot enter the other account with its own key, and has harmed nothing', async () => {
    // The other account signed it, so it is a user of that account, whatever its name.
    const forged = await server.mint('other', { name: 'writer' })
    const spy = await connectBus({ url: server.url, creds: forged.creds, name: 'writer' })
    await expect(spy.jsm.streams.info('DEAD')).rejects.toThrow(/stream not found/)
    await spy.close()
    const card = { name: 'writer', description: '', level: 5 as const, tools: [], delegates: [], imports: [] }
    const presence = { card, host: 'writer-1', pid: 1, slots: 1, busy: 0, startedAt: 0 }
    await using _ = await announceAgent(victim, presence)
    expect((await listAgents(victim)).map(({ host }) => host)).toEqual(['writer-1'])
    const journal = openJournal(victim, address)
    expect(await all(journal.read())).toHaveLength(1)
    await journal.append([planned('continues')])
    const [delivery] = await take(takeTasks(victim, 'writer'), 1)
    expect(delivery?.task).toBe('r1-w')
    delivery?.ack()
  })
})
