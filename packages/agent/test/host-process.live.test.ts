import { readFile, writeFile } from 'node:fs/promises'
import { handOver, listAgents } from '@bailiwick/bus'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import worker from './agents/worker.ts'
import { IN_STEPS } from './gate-agent.ts'
import { openHosts } from './host-process.ts'
import { grantOf, startTestBus, type TestBus, until } from './test-bus.ts'

vi.setConfig({ testTimeout: 300_000 })

let test: TestBus
beforeAll(async () => {
  test = await startTestBus('worker')
})
afterAll(() => test[Symbol.asyncDispose]())

it('continues the task of a killed host in the next one, without repeating a model request or an effect', async () => {
  await using hosts = await openHosts(test, { worker: { t1: IN_STEPS } })
  const lines = async () => (await readFile(hosts.marks, 'utf8').catch(() => '')).trim().split('\n')
  const waiting = (times: number) =>
    until(
      async () => (await lines()).filter((line) => line === 'waiting').length === times,
      `call ${times} of the gate`,
    )
  const first = await hosts.start('worker.ts')
  const spec = await test.give({ task: 'killed', agent: 'worker', grant: grantOf(worker) })
  await waiting(1)
  const [dead] = await listAgents(test.bus)
  first.child.kill('SIGKILL')
  expect(await first.ended).toBe('SIGKILL')
  const second = await hosts.start('worker.ts')
  // The coordinator does this when a host dies.
  if (dead !== undefined) await handOver(test.bus, dead)
  await waiting(2)
  await writeFile(hosts.marks, `${await readFile(hosts.marks, 'utf8')}open\n`)

  expect(await test.result(spec)).toMatchObject({ status: 'completed', output: { first: 3, second: 5 } })
  const kinds = (await test.journal(spec)).map(({ type }) => type)
  expect(kinds.filter((type) => type === 'task.started').length).toBe(2)
  expect(kinds.filter((type) => type === 'step.replied').length).toBe(3)
  expect(await lines()).toEqual(['one', 'waiting', 'waiting', 'open', 'three'])

  second.child.kill('SIGTERM')
  expect(await second.ended).toBe(0)
  expect(second.output.stderr).toBe('')
})

it('does not start if the machine provides less isolation than required', async () => {
  // Neither this path nor this cache has a container program.
  await using hosts = await openHosts(test, {}, { PATH: '/nowhere', XDG_CACHE_HOME: '/nowhere' })
  await expect(hosts.start('worker.ts', '--require-isolation', 'confined')).rejects.toThrow(
    /the host ended with 1: bailiwick-agent: Expected the isolation "confined", found "process"/,
  )
  await hosts.start('worker.ts', '--require-isolation', 'process')
})
