import { putArtifact } from '@bailiwick/bus'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startToolboxBed, type ToolboxBed } from '../../test/toolbox-bed.ts'
import { MAX_CHILDREN } from '../child/child-slots.ts'

let bed: ToolboxBed
/** Far longer than any test. A call that waited for another run's calls would fail the test. */
const ENDLESS_MS = 300_000

const endlessSql =
  'with recursive t(x) as (select 1 union all select x + 1 from t) select count(*) from t -- data'
/** The expression backtracks for ever. */
const endlessChart = {
  data: { values: [{}] },
  transform: [{ calculate: `test(regexp('^(a+)+$'), '${'a'.repeat(60)}!')`, as: 'x' }],
  mark: 'point',
  encoding: { x: { field: 'x' } },
}

beforeAll(async () => {
  bed = await startToolboxBed()
  await bed.host({ query: { timeMs: ENDLESS_MS }, chart: { timeMs: ENDLESS_MS } })
  for (const run of ['r1', 'r2', 'r3']) {
    const file = { run, name: 'data.csv', mediaType: 'text/csv' }
    const artifact = await putArtifact(bed.coordinator, { ...file, bytes: Buffer.from('n\n1\n2\n') })
    const inputs = [{ name: 'data.csv', artifact, description: '' }]
    await bed.createTask({ run, task: `${run}-t1`, agent: 'analyst', inputs })
    await bed.createTask({ run, task: `${run}-t2`, agent: 'writer', inputs })
  }
})
afterAll(() => bed?.[Symbol.asyncDispose]())

/** Calls that do not end by themselves, of several runs. Disposing of them aborts them. */
function endlessCalls(runs: string[], count: number, tool: string, input: unknown) {
  const controller = new AbortController()
  const { signal } = controller
  let ended = 0
  const calls = runs.flatMap((run) =>
    Array.from({ length: count }, (_, n) =>
      bed.call('analyst', tool, input, { run, task: `${run}-t1`, id: `${tool}.${n}`, signal }).catch(() => {
        ended++
      }),
    ),
  )
  return {
    get ended() {
      return ended
    },
    async [Symbol.asyncDispose]() {
      controller.abort(new Error('the test is over'))
      await Promise.all(calls)
    },
  }
}

const count = (run: string, agent: string, id: string) =>
  bed.call(
    agent,
    'queryTable',
    { sql: 'select count(*) as n from data' },
    { run, task: `${run}-${agent === 'analyst' ? 't1' : 't2'}`, id },
  )
const chart = (run: string) => {
  const spec = { mark: 'bar', encoding: { y: { field: 'n', type: 'quantitative' } } }
  return bed.call('analyst', 'drawChart', { spec, data: 'data.csv' }, { run, task: `${run}-t1`, id: '9.2' })
}

describe.each([
  ['queries', 'queryTable', { sql: endlessSql }],
  ['charts', 'drawChart', { spec: endlessChart }],
] as const)('endless %s of one run', (_, tool, input) => {
  it('do not hold up another run, nor another agent of the same run', async () => {
    await using endless = endlessCalls(['r1'], 3 * MAX_CHILDREN, tool, input)
    const counted = { columns: ['n'], rows: [{ n: 2 }] }
    expect(await count('r2', 'analyst', '9.1')).toEqual(counted)
    expect(await count('r1', 'writer', '9.1')).toEqual(counted)
    expect(await chart('r2')).toMatchObject({ warnings: [] })
    const listed = await bed.call('analyst', 'listFiles', {}, { run: 'r2', task: 'r2-t1' })
    expect(listed).toContainEqual(expect.objectContaining({ table: expect.objectContaining({ rows: 2 }) }))
    expect(endless.ended).toBe(0)
  })
})

it('lets a third run start while two others keep their children busy', async () => {
  await using endless = endlessCalls(['r1', 'r2'], 2 * MAX_CHILDREN, 'queryTable', { sql: endlessSql })
  expect(await count('r3', 'analyst', '9.3')).toEqual({ columns: ['n'], rows: [{ n: 2 }] })
  expect(endless.ended).toBe(0)
})
