import { describe, expect, it } from 'vitest'
import { tryTask } from '../testing/try-task.ts'

const usage = {
  inputTokens: 900,
  cachedTokens: 0,
  outputTokens: 100,
  reasoningTokens: 0,
  replies: 1,
  cost: null,
}
const print = (n: number) => ({ text: `<code>\nconsole.log(${n})\n</code>`, usage })

describe('the error of a task whose tokens do not suffice', () => {
  it('says that the budget is too small for the first request', async () => {
    const { result } = await tryTask({ level: 5, budget: { tokens: 370 } }, ['x'])
    expect(result).toMatchObject({ status: 'exhausted', error: { limit: 'tokens' } })
    expect(result.error?.message).toMatch(
      /^the next request needs about \d+ tokens, but this task has a budget of 370$/,
    )
  })

  it('says what is used and what is left', async () => {
    const { result } = await tryTask({ level: 5, budget: { tokens: 2_500 } }, [print(1), print(2), print(3)])
    expect(result.error?.message).toMatch(
      /^the next request needs about \d+ tokens, but this task has 500 left: of its budget of 2500, 2000 are used$/,
    )
  })
})
