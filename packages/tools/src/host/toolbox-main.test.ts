import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { text } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'
import { listTools } from '@bailiwick/bus'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { startToolbox, startToolboxBed, type ToolboxBed } from '../../test/toolbox-bed.ts'

let bed: ToolboxBed
beforeAll(async () => {
  bed = await startToolboxBed()
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

it('says what is missing, and exits with 2', async () => {
  expect(await exitOf(startToolbox({}))).toEqual({
    code: 2,
    complaint: expect.stringMatching(/^bailiwick-toolbox: NATS_URL is not set: .*\n$/),
  })
  expect(
    await exitOf(startToolbox({ NATS_URL: 'nats://127.0.0.1:4222', NATS_CREDS: '/none.creds' })),
  ).toEqual({
    code: 2,
    complaint: expect.stringContaining('cannot read the NATS credentials file /none.creds'),
  })
})

it('announces nothing but what it hosts, with effects', async () => {
  const tools = await listTools(bed.coordinator)
  expect(Object.fromEntries(tools.map(({ card, host }) => [card.name, [host, card.effect]]))).toEqual({
    listFiles: ['toolbox', 'none'],
    readFile: ['toolbox', 'none'],
    queryTable: ['toolbox', 'none'],
    writeArtifact: ['toolbox', 'idempotent'],
    drawChart: ['toolbox', 'idempotent'],
  })
})

// Processes are counted in /proc.
it.runIf(process.platform === 'linux')(
  'stops a query when its call is canceled, and finishes what is under way before it goes',
  async () => {
    const endless = 'with recursive t(x) as (select 1 union all select x + 1 from t) select count(*) from t'
    const controller = new AbortController()
    const canceled = bed.call(
      'analyst',
      'queryTable',
      { sql: endless },
      { id: '1.1', signal: controller.signal },
    )
    await childrenOf(bed.toolbox, 'some')
    controller.abort(new Error('enough'))
    await expect(canceled).rejects.toThrow('enough')
    await childrenOf(bed.toolbox, 'none')

    const second =
      'with recursive t(x) as (select 1 union all select x + 1 from t limit 2000000) select max(x) as m from t'
    const underWay = bed.call('analyst', 'queryTable', { sql: second }, { id: '1.2' })
    await childrenOf(bed.toolbox, 'some')
    bed.toolbox.kill('SIGTERM')
    const ended = exitOf(bed.toolbox)
    expect(await underWay).toEqual({ columns: ['m'], rows: [{ m: 2_000_000 }] })
    expect((await ended).code).toBe(0)
    await expect(bed.call('analyst', 'queryTable', { sql: 'select 1' }, { id: '1.3' })).rejects.toMatchObject(
      {
        code: 'no-responder',
      },
    )
  },
)

/** Waits until the toolbox has a child, or has none. */
async function childrenOf({ pid }: ChildProcess, wanted: 'some' | 'none'): Promise<void> {
  while (
    ((await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8')).trim() === '') !==
    (wanted === 'none')
  ) {
    await sleep(5)
  }
}
