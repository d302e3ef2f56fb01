/**
 * Runs tasks whose code sends and receives large values, and measures the longest pause that each causes in its host: CPU
 * time of the main thread between two turns of the event loop. Needs a process of its own. Prints one JSON report.
 */
import { defineTool } from '@bailiwick/core'
import { tryTask } from '@bailiwick/core/testing'
import { createSandbox } from '@bailiwick/sandbox'
import { z } from 'zod'
import { leastPause, startPauseClock } from '../../sandbox/test/pause-clock.ts'

export interface TaskPause {
  what: string
  status: string
  pauseMs: number
}

/** A run with a pause of at most this long is not repeated, ms. */
const ENOUGH_MS = 8
const rows = 'Array.from({ length: 50_000 }, (_, i) => ({ i }))'
const CODES: Record<string, string> = {
  'arguments that fit':
    'await take({ rows: Array.from({ length: 18_000 }, (_, i) => ({ a: i })) }); finalAnswer(1)',
  'arguments that are all wrong':
    'await take({ rows: Array.from({ length: 80_000 }, () => []) }).catch(() => {}); finalAnswer(1)',
  'arguments of empty lists': 'await give({ any: Array.from({ length: 80_000 }, () => []) }); finalAnswer(1)',
  'arguments with marks': 'await give({ any: Array.from({ length: 10_000 }, () => NaN) }); finalAnswer(1)',
  'a long text': 'await give({ any: "x".repeat(250_000) }); finalAnswer(1)',
  'a result of many rows': 'await give({ rows: 38_000 }); finalAnswer(1)',
  'an answer of many rows': `finalAnswer(${rows})`,
  'an answer of one text': 'finalAnswer("x".repeat(1_900_000))',
  'an answer of numbers that JSON does not have': 'finalAnswer(Array(80_000).fill(NaN))',
  'many prints': 'for (let i = 0; i < 1_000; i++) console.log("x".repeat(15)); finalAnswer(1)',
  'many calls': 'await Promise.all(Array.from({ length: 900 }, (_, i) => give({ any: i }))); finalAnswer(1)',
}

const take = defineTool({
  name: 'take',
  description: 'Takes rows.',
  input: z.object({ rows: z.array(z.object({ a: z.number() })) }),
  effect: 'none',
  run: ({ rows }) => rows.length,
})
const give = defineTool({
  name: 'give',
  description: 'Returns rows.',
  input: z.object({ any: z.unknown().optional(), rows: z.number().optional() }),
  effect: 'none',
  run: ({ rows }) => (rows === undefined ? 1 : Array.from({ length: rows }, (_, id) => ({ id, name: 'n' }))),
})

const clock = startPauseClock()
await using sandbox = await createSandbox({ pool: 1 })

async function run(what: string, code: string): Promise<TaskPause> {
  let status = ''
  const pauseMs = await leastPause(clock, ENOUGH_MS, async () => {
    const reply = `<code>\n${code}\n</code>`
    const { result } = await tryTask({ level: 5, tools: [take, give] }, () => reply, { sandbox })
    status = result.status
  })
  return { what, status, pauseMs }
}

const pauses: TaskPause[] = []
await run('warm-up', 'await give({ any: 1 }); finalAnswer([1])')
for (const [what, code] of Object.entries(CODES)) pauses.push(await run(what, code))
console.log(JSON.stringify(pauses))
