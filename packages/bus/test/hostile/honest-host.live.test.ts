import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  announceAgent,
  openJournal,
  prepareQueue,
  publishLive,
  type RoleGrant,
  readFirst,
  registerTool,
  remoteTool,
  ringTask,
  serveFiles,
  serveTool,
  takeTasks,
} from '../../src/index.ts'
import { all, created, planned, take } from '../test-bus.ts'
import { type HostileBed, openHostileBed } from './hostile-bed.ts'

let bed: HostileBed
beforeAll(async () => {
  bed = await openHostileBed()
})
afterAll(() => bed?.[Symbol.asyncDispose]())

describe('an honest host', () => {
  it('can do all its work with its permissions, including sixty tools', async () => {
    const tools = Array.from({ length: 60 }, (_, n) => `tool_with_a_rather_long_name_${n}`)
    await prepareQueue(bed.test.bus, 'honest')
    const grant: RoleGrant = { role: 'host', agent: 'honest', level: 5, tools }
    const bus = await bed.connectAs(grant)
    const toolbox = await bed.connectAs({ role: 'toolbox', tools })
    await using _files = await serveFiles(toolbox)
    const complaints: string[] = []
    for (const each of [bus, toolbox]) {
      void (async () => {
        for await (const status of each.connection.status()) {
          if (status.type === 'error') complaints.push(status.error.message)
        }
      })()
    }
    const address = { writer: 'honest', run: 'r1', task: 'r1-h' }
    await openJournal(bed.test.bus, address).append([created({ run: 'r1', task: 'r1-h', agent: 'honest' })])
    await ringTask(bed.test.bus, { agent: 'honest', run: 'r1', task: 'r1-h', ring: 1 })
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
    await using _ = await serveTool(toolbox, tool)
    const context = {
      id: '1.1',
      key: 'k',
      caller: 'honest',
      run: 'r1',
      task: 'r1-h',
      signal: AbortSignal.timeout(30_000),
    }
    const result = await remoteTool(bus, tool, 'honest').run({ text: 'y'.repeat(300_000) }, context)
    expect(result).toMatchObject({ run: 'r1' })
    publishLive(
      bus,
      { owner: 'user', agent: 'honest', run: 'r1', task: 'r1-h' },
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
