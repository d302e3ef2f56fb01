import type { ModelRequest } from '@bailiwick/contract'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { defineTool } from '../define/define-tool.ts'
import { tryTask } from '../testing/index.ts'
import { OBSERVATION_CHARS } from './fold-observations.ts'

const page = defineTool({
  name: 'page',
  description: 'A page.',
  input: z.object({ n: z.number(), chars: z.number() }),
  effect: 'none',
  run: ({ n, chars }) => `page ${n}: ${'x'.repeat(chars)} end of ${n}`,
})

/** The requests of a task that reads so many pages. */
async function read(level: 3 | 5, pages: number, chars: number, observationChars?: number) {
  let n = 0
  const { requests } = await tryTask(
    {
      level,
      tools: [page],
      budget: { steps: pages + 1 },
      ...(observationChars !== undefined && { observationChars }),
    },
    () => {
      n += 1
      if (level === 3) {
        return n > pages
          ? { calls: [{ name: 'finalAnswer', arguments: { answer: 1 } }] }
          : { calls: [{ name: 'page', arguments: { n, chars } }] }
      }
      return n > pages
        ? '<code>\nfinalAnswer(1)\n</code>'
        : `<code>\nconst page${n} = await page({ n: ${n}, chars: ${chars} })\nconsole.log(page${n})\n</code>`
    },
  )
  return requests
}

const size = ({ messages }: ModelRequest) => messages.reduce((sum, { content }) => sum + content.length, 0)
const text = (request: ModelRequest | undefined) =>
  (request?.messages ?? []).map(({ content }) => content).join('\n')
const wholePages = (request: ModelRequest) => text(request).match(/end of \d+/g)?.length ?? 0

describe('old observations', () => {
  it.each([3, 5] as const)('stay whole as long as they fit into the budget, at level %i', async (level) => {
    const requests = await read(level, 6, 2_000)
    expect(wholePages(requests.at(-1) as ModelRequest)).toBe(6)
    const few = await read(level, 6, 2_000, 5_000)
    expect(few.slice(1).map(wholePages)).toEqual([1, 2, 1, 2, 1, 2])
  })

  it('keep the newest whole, and say how to read the rest of the others', async () => {
    const requests = await read(5, 9, 2_000)
    const last = text(requests.at(-1))
    expect(last).toContain('end of 9')
    expect(last).not.toContain('end of 1\n')
    expect(last).toMatch(/page 1: x+<\/data> \[…\d+ more characters; whole: await observations\[1\]\]/)
  })

  it.each([3, 5] as const)('let requests grow only up to a bound, at level %i', async (level) => {
    const short = await read(level, 100, 1_000)
    const long = await read(level, 400, 1_000)
    const largest = Math.max(...short.map(size))
    expect(largest).toBeLessThan(3 * OBSERVATION_CHARS)
    expect(Math.max(...long.map(size))).toBeLessThan(1.2 * largest)
    const total = (requests: ModelRequest[]) => requests.reduce((sum, request) => sum + size(request), 0)
    expect(total(long)).toBeLessThan(4.8 * total(short))
  })

  it.each([3, 5] as const)('change the start of a request only at a fold, at level %i', async (level) => {
    const requests = await read(level, 200, 1_000)
    const folds = requests.filter(({ messages }, index) => {
      const before = requests[index - 1]?.messages ?? []
      return JSON.stringify(messages.slice(0, before.length)) !== JSON.stringify(before)
    })
    expect(folds.length).toBeLessThan(200 / 9)
  })

  it('are left out in the end, with the names of what their code defined', async () => {
    const requests = await read(5, 200, 1_000)
    const task = requests.at(-1)?.messages[1]?.content ?? ''
    expect(task).toMatch(
      /^<task>The task\.<\/task>\n\nSteps 1 to \d+ are not shown any more\. Read a whole observation with await observations\[1\]\. What they defined still exists: .*page1\d\d/,
    )
    expect(task).toMatch(/Types that the declarations leave open:\n- await page\(…\): <data>string<\/data>$/)

    const calls = await read(3, 200, 1_000)
    expect(calls.at(-1)?.messages[1]?.content).toContain('Make a call again if you need its result.')
    // Every result has its call.
    const ids = calls.at(-1)?.messages.flatMap(({ calls }) => calls?.map(({ id }) => id) ?? [])
    expect(calls.at(-1)?.messages.flatMap(({ callId }) => callId ?? [])).toEqual(ids)
  })
})
