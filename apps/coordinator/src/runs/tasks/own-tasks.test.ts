import { expect, it } from 'vitest'
import { OwnTasks } from './own-tasks.ts'

function gate() {
  const { promise, resolve } = Promise.withResolvers<void>()
  return { promise, open: resolve }
}

it('admits as many tasks as the limit, and wakes the others in order', async () => {
  const woken: string[] = []
  const own = new OwnTasks(new AbortController().signal, (run) => woken.push(run), 2)
  const gates = [gate(), gate()]
  for (const [n, { promise }] of gates.entries()) {
    expect(own.admit(`r${n}`)).toBe(true)
    own.start(`r${n}`, `r${n}-plan`, () => promise)
  }
  expect([own.admit('r2'), own.admit('r3'), own.admit('r2')]).toEqual([false, false, false])
  gates[0]?.open()
  await own.stop('r0', () => undefined)
  expect(woken).toEqual(['r2'])
  // The room is kept for the run that was woken.
  expect([own.admit('r4'), own.admit('r2')]).toEqual([false, true])
})

it('stops the tasks of a run, and gives its room to the next', async () => {
  const woken: string[] = []
  const own = new OwnTasks(new AbortController().signal, (run) => woken.push(run), 1)
  own.admit('r1')
  own.start('r1', 'r1-plan', async (signal) => {
    await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }))
  })
  own.admit('r2')
  own.admit('r3')
  await own.stop('r1', () => new Error('canceled'))
  expect(own.has('r1-plan')).toBe(false)
  expect(woken).toEqual(['r2'])
  await own.stop('r2', () => new Error('canceled'))
  expect(woken).toEqual(['r2', 'r3'])
})
