import { listBells } from '@bailiwick/bus'
import { defineAgent } from '@bailiwick/core'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { type RunBed, runBed } from '../testing/run-bed.ts'
import { delegationHandler } from './start-delegate.ts'

const AGENTS = [
  defineAgent({ name: 'lead', description: 'x', level: 4, delegates: ['helper'] }),
  defineAgent({ name: 'helper', description: 'x', level: 0 }),
]

let bed: RunBed
beforeAll(async () => {
  bed = await runBed(undefined, {}, AGENTS)
})
afterAll(() => bed[Symbol.asyncDispose]())

/** A request of the only task of a run, which no host has taken. */
const requestOf = (run: string) => ({
  ...{ call: '1.1', key: `${run}-t1/1.1`, run, task: `${run}-t1`, target: 'helper', caller: 'lead' },
  ...{ text: 'help', inputs: [] },
})
const { signal } = new AbortController()

it('waits until a coordinator that is starting knows the run', async () => {
  const first = await bed.coordinator()
  await first.runs.submit({ run: 'r1', text: 'x', inputs: [], strategy: 'direct', agent: 'lead' }, 'user')
  await vi.waitFor(
    async () => expect((await listBells(bed.bus)).has({ agent: 'lead', task: 'r1-t1' })).toBe(true),
    { timeout: 60_000, interval: 20 },
  )
  await first.kill()
  const next = await bed.coordinator({ adopts: false })
  const started = delegationHandler(next.bus, (run, until) => next.runs.context(run, until))(
    requestOf('r1'),
    signal,
  )
  started.catch(() => {}) // Awaited below.
  await next.adopt()
  const { result } = await started
  Promise.resolve(result).catch(() => {}) // It ends with the coordinator.
  expect((await next.runs.get('r1')).tasks).toMatchObject([{ agent: 'lead' }, { agent: 'helper' }])
  await next.runs.cancel({ run: 'r1' }, 'user')
  const late = delegationHandler(next.bus, (run, until) => next.runs.context(run, until))
  await expect(late(requestOf('r1'), signal)).rejects.toThrow('Run r1 has ended.')
  await next.kill()
})
