import { expect, it } from 'vitest'
import { WaitAwake } from './wait-awake.ts'

function waiting(processors = 2) {
  let ms = 1_000
  const wait = new WaitAwake(() => ms, processors)
  const pass = (after: number) => {
    ms += after
  }
  /** Tells whether the loop stayed awake for the answer. */
  const answer = async (after: number) => {
    wait.sent()
    const { awake } = wait
    pass(after)
    wait.answered()
    await loopTurn()
    return awake
  }
  /** The number of quick answers before the loop stays awake, at most 100. */
  const untilAwake = async () => {
    for (let answers = 0; answers < 100; answers += 1) if (await answer(0.05)) return answers
    return 100
  }
  return { wait, pass, answer, untilAwake }
}

const loopTurn = () => new Promise((resolve) => setImmediate(resolve))

it('stays awake after several quick answers, and only until the next answer', async () => {
  const { wait, untilAwake } = waiting()
  expect(await untilAwake()).toBe(16)
  expect(wait.awake).toBe(false)
})

it('goes to sleep if an answer is not quick', async () => {
  const { wait, pass, untilAwake } = waiting()
  await untilAwake()
  wait.sent()
  await loopTurn()
  expect(wait.awake).toBe(true)
  pass(1)
  await loopTurn()
  expect(wait.awake).toBe(false)
})

it('needs sixteen more quick answers after a slow one', async () => {
  const { answer, untilAwake } = waiting()
  await untilAwake()
  expect(await answer(5)).toBe(true)
  expect(await untilAwake()).toBe(15)
})

it('sleeps if calls are far apart or there is one processor', async () => {
  const far = waiting()
  await far.untilAwake()
  far.pass(5)
  expect(await far.answer(0.05)).toBe(false)
  expect(await waiting(1).untilAwake()).toBe(100)
})
