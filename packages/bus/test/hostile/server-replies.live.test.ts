import { connect, credsAuthenticator } from '@nats-io/transport-node'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  announceAgent,
  listAgents,
  listTools,
  permissionsFor,
  prepareQueue,
  registerTool,
  ringTask,
  SUBJECTS,
  takeTasks,
  watchAgents,
  watchTools,
} from '../../src/index.ts'
import { startTestBus, take, until } from '../test-bus.ts'
import { ANALYST, type HostileBed, openHostileBed } from './hostile-bed.ts'

let bed: HostileBed
beforeAll(async () => {
  bed = await openHostileBed()
})
afterAll(() => bed?.[Symbol.asyncDispose]())

describe('a hostile host', () => {
  it('cannot empty the registry with a roll-up of its own key', async () => {
    const card = { name: 'writer', description: '', level: 5 as const, tools: [], delegates: [], imports: [] }
    const presence = { card, host: 'writer-1', pid: 1, slots: 1, busy: 0, startedAt: 0 }
    await using _ = await announceAgent(bed.writer, presence)
    await bed.evil.publishes('$KV.agents.analyst.analyst-1', '{}', undefined, ['Nats-Rollup', 'all'])
    expect((await listAgents(bed.test.bus)).map(({ host }) => host)).toEqual(['writer-1'])
  })

  it('removes no tool or host by making the server reply in their place', async () => {
    const tool = { name: 'echo', description: '-', input: {}, effect: 'none' as const }
    await registerTool(bed.test.bus, tool, { host: 'toolbox' })
    const card = { name: 'writer', description: '', level: 5 as const, tools: [], delegates: [], imports: [] }
    const presence = { card, host: 'writer-2', pid: 1, slots: 1, busy: 0, startedAt: 0 }
    await using _ = await announceAgent(bed.writer, presence)
    const ended = new AbortController()
    const views: { tools: string[]; hosts: string[] } = { tools: [], hosts: [] }
    const missing: string[] = []
    const watching = [
      (async () => {
        for await (const tools of watchTools(bed.test.bus, { signal: ended.signal, repair: true })) {
          views.tools = tools.map((one) => one.card.name)
          if (!views.tools.includes('echo')) missing.push('echo')
        }
      })(),
      (async () => {
        for await (const hosts of watchAgents(bed.test.bus, { signal: ended.signal })) {
          views.hosts = hosts.map(({ host }) => host)
          if (!views.hosts.includes('writer-2')) missing.push('writer-2')
        }
      })(),
    ]
    await until(() => views.tools.includes('echo') && views.hosts.includes('writer-2'), 'the registries')
    missing.length = 0
    for (const target of ['$KV.tools.echo', '$KV.agents.writer.writer-2']) {
      for (let n = 0; n < 20; n++) await bed.evil.publishes('$JS.API.INFO', '', target)
    }
    const stored = async () =>
      (await bed.test.bus.jsm.streams.getMessage('KV_tools', { last_by_subj: '$KV.tools.echo' }))?.string()
    // The registration was restored.
    await until(async () => (await stored())?.includes('"host":"toolbox"'), 'the registration')
    expect((await listTools(bed.test.bus)).map((one) => one.card.name)).toContain('echo')
    ended.abort()
    await Promise.all(watching)
    expect(missing).toEqual([])
  })

  it('keeps out no task by making the server reply in its place or fill the queue', async () => {
    await using own = await startTestBus({ maxQueued: 20 })
    await prepareQueue(own.bus, 'writer')
    const user = await own.server.credentials({ name: 'analyst', permissions: permissionsFor(ANALYST) })
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
})
