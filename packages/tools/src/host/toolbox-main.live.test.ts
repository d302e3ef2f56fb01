import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { text } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'
import { listTools } from '@bailiwick/bus'
import { errorText } from '@bailiwick/contract'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startToolbox, startToolboxBed, type ToolboxBed } from '../../test/toolbox-bed.ts'

let bed: ToolboxBed
let toolbox: ChildProcess
beforeAll(async () => {
  bed = await startToolboxBed()
  toolbox = await bed.startProcess()
  await bed.createTask({ run: 'r1', task: 'r1-t1', agent: 'analyst' })
})
afterAll(() => bed?.[Symbol.asyncDispose]())

async function exitOf(process: ChildProcess): Promise<{ code: number | null; complaint: string }> {
  const [complaint, [code]] = await Promise.all([
    process.stderr === null ? '' : text(process.stderr),
    once(process, 'exit') as Promise<[number | null]>,
  ])
  return { code, complaint }
}

it('names a missing setting and exits with 2', async () => {
  expect(await exitOf(startToolbox({}))).toEqual({
    code: 2,
    complaint: expect.stringMatching(/^bailiwick-toolbox: NATS_URL is not set\. .*\n$/),
  })
  expect(
    await exitOf(startToolbox({ NATS_URL: 'nats://127.0.0.1:4222', NATS_CREDS: '/none.creds' })),
  ).toEqual({
    code: 2,
    complaint: expect.stringContaining('Cannot read the NATS credentials file /none.creds'),
  })
})

it('registers its tools with their effects', async () => {
  const tools = await listTools(bed.coordinator)
  expect(Object.fromEntries(tools.map(({ card, host }) => [card.name, [host, card.effect]]))).toEqual({
    listFiles: ['toolbox', 'none'],
    readFile: ['toolbox', 'none'],
    queryTable: ['toolbox', 'none'],
    writeArtifact: ['toolbox', 'idempotent'],
    drawChart: ['toolbox', 'idempotent'],
  })
})

const endless = 'with recursive t(x) as (select 1 union all select x + 1 from t) select count(*) from t'

// The children of a process are listed in /proc.
describe.runIf(process.platform === 'linux')('the queries of the toolbox', () => {
  it('end when their call is canceled', async () => {
    const controller = new AbortController()
    const { signal } = controller
    const canceled = bed.call('analyst', 'queryTable', { sql: endless }, { id: '1.1', signal })
    await childrenOf(toolbox, 'some')
    controller.abort(new Error('enough'))
    await expect(canceled).rejects.toThrow('enough')
    await childrenOf(toolbox, 'none')
  })

  it('finish or are stopped before it exits on SIGTERM', async () => {
    const sql =
      'with recursive t(x) as (select 1 union all select x + 1 from t limit 500000) select max(x) as m from t'
    const open = bed.call('analyst', 'queryTable', { sql }, { id: '1.2' })
    // On a busy machine the query may need more than the seconds that the toolbox gives to open calls.
    const settled = open.catch((error: unknown) => errorText(error))
    await childrenOf(toolbox, 'some')
    toolbox.kill('SIGTERM')
    const ended = exitOf(toolbox)
    expect([{ columns: ['m'], rows: [{ m: 500_000 }] }, 'the toolbox is shutting down']).toContainEqual(
      await settled,
    )
    expect((await ended).code).toBe(0)
    await expect(bed.call('analyst', 'queryTable', { sql: 'select 1' }, { id: '1.3' })).rejects.toMatchObject(
      { code: 'no-responder' },
    )
  })
})

/** Waits until a process has children, or has none. */
async function childrenOf({ pid }: ChildProcess, wanted: 'some' | 'none'): Promise<void> {
  while (
    ((await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8')).trim() === '') !==
    (wanted === 'none')
  ) {
    await sleep(5)
  }
}
