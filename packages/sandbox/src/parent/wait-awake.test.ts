import { expect, it } from 'vitest'
import { WaitAwake } from './wait-awake.ts'

function waiting(processors = 2) {
  let ms = 1_000
  const wait = new WaitAwake(() => ms, processors)
  const pass = (after: number) => {
    ms += after
  }
  /** Whether it was waited for awake. */
  const answer = async (after: number) => {
    wait.sent()
    const { awake } = wait
    pass(after)
    wait.answered()
    await loopTurn()
    return awake
  }
  /** Quick answers until one is waited for awake; 100 where none is. */
  const untilAwake = async () => {
    for (let answers = 0; answers < 100; answers += 1) if (await answer(0.05)) return answers
    return 100
  }
  return { wait, pass, answer, untilAwake }
}

const loopTurn = () => new Promise((resolve) => setImmediate(resolve))

it('waits awake once quick answers have followed each other, and only until the answer', async () => {
  const { wait, untilAwake } = waiting()
  expect(await untilAwake()).toBe(16)
  expect(wait.awake).toBe(false)
})

it('goes to sleep where an answer takes longer than a quick one', async () => {
  const { wait, pass, untilAwake } = waiting()
  await untilAwake()
  wait.sent()
  await loopTurn()
  expect(wait.awake).toBe(true)
  pass(1)
  await loopTurn()
  expect(wait.awake).toBe(false)
})

it('loses to a slow answer what sixteen quick ones gave', async () => {
  const { answer, untilAwake } = waiting()
  await untilAwake()
  expect(await answer(5)).toBe(true)
  expect(await untilAwake()).toBe(15)
})

it('sleeps where calls are far from each other, and where there is one processor', async () => {
  const far = waiting()
  await far.untilAwake()
  far.pass(5)
  expect(await far.answer(0.05)).toBe(false)
  expect(await waiting(1).untilAwake()).toBe(100)
})
