import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Scratch, scratch } from '@bailiwick/coordinator/testing/scratch'
import {
  type ModelServer,
  type ReplyChooser,
  type ServedReply,
  type ServedRequest,
  startOpenAiServer,
} from '@bailiwick/models/testing'
import { useBubblewrap } from '@bailiwick/sandbox/testing'
import { describe, expect, it } from 'vitest'
import { bareEnv, lastJson, run, start } from './program.ts'

await useBubblewrap()

/** Tasks that each need two replies: one reads the file, the next one answers. */
async function addTasks(place: Scratch, count: number, change: object = {}): Promise<void> {
  const rows = Array.from({ length: count }, (_, n) => ({
    id: `t${n}`,
    task: `What is the number in the file numbers, plus ${n}?`,
    inputs: { numbers: { file: 'numbers.csv' } },
    expected: 40 + n,
    tags: [n % 2 === 0 ? 'even' : 'odd'],
    ...change,
  }))
  await place.write('numbers.csv', 'number\n40\n')
  await place.write('tasks.jsonl', rows.map((row) => JSON.stringify(row)).join('\n'))
}

/** Reads the file, then answers right. */
const solve = ({ messages }: ServedRequest): ServedReply => {
  const text = messages.map(({ content }) => content).join('\n')
  if (!messages.some(({ role }) => role === 'tool')) {
    return { calls: [{ name: 'readFile', arguments: { name: 'numbers' } }] }
  }
  const [, plus = '0'] = /plus (\d+)\?/.exec(text) ?? []
  return { calls: [{ name: 'finalAnswer', arguments: { answer: 40 + Number(plus) } }] }
}

interface Bed extends Scratch {
  server: ModelServer
  env: NodeJS.ProcessEnv
  /** `bailiwick eval` on the tasks of the folder. */
  args(...more: string[]): string[]
}

async function bed(reply: ReplyChooser): Promise<Bed> {
  const place = await scratch()
  const server = await startOpenAiServer({ reply, models: ['m'] })
  const env = bareEnv({ OPENAI_BASE_URL: `${server.url}/v1`, OPENAI_API_KEY: 'none' })
  return {
    ...place,
    server,
    env,
    args: (...more) => [
      'eval',
      'tasks.jsonl',
      '--level',
      '3',
      '--model',
      'openai/m',
      '--out',
      'out',
      ...more,
    ],
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]()
      await place[Symbol.asyncDispose]()
    },
  }
}

/** How often each conversation was sent. */
function timesSent({ requests }: ModelServer): Map<string, number> {
  const times = new Map<string, number>()
  for (const { messages } of requests) {
    const key = JSON.stringify(messages)
    times.set(key, (times.get(key) ?? 0) + 1)
  }
  return times
}

describe('bailiwick eval', () => {
  it('continues after kill -9 and asks for no reply again that it had got', async () => {
    const held = Promise.withResolvers<void>()
    let heldKey = ''
    let isHolding = true
    await using place = await bed((request) => {
      // Holds the second reply of the fourth task: its first reply is paid for, the second one never arrives.
      if (
        isHolding &&
        /plus 3\?/.test(JSON.stringify(request.body.messages)) &&
        request.messages.some(({ role }) => role === 'tool')
      ) {
        heldKey = JSON.stringify(request.body.messages)
        held.resolve()
        return new Promise(() => {})
      }
      return solve(request)
    })
    await addTasks(place, 8)
    const first = start(place.args('--concurrency', '2'), { cwd: place.folder, env: place.env })
    await held.promise
    // The other worker goes on until all other tasks have a result.
    await first.until(/7 of 8 done/)
    first.child.kill('SIGKILL')
    await first.ended
    isHolding = false

    const log = join(place.folder, 'out', 'results.jsonl')
    const before = await readFile(log, 'utf8')
    // A kill in the middle of a write leaves a part of a line.
    await place.write('out/results.jsonl', `${before}{"v":1,"key":"torn`)
    const second = await run(place.args(), { cwd: place.folder, env: place.env })
    expect(second).toMatchObject({ code: 0 })
    expect(second.stdout).toContain('| solver | 3 | openai/m | 8 of 8 (100.0%) |')
    expect(second.stderr).toContain('8 attempts; 7 have a result already')
    expect(place.server.requests).toHaveLength(17)
    for (const [key, times] of timesSent(place.server)) expect(times).toBe(key === heldKey ? 2 : 1)
    expect((await readFile(log, 'utf8')).startsWith(before)).toBe(true)

    const third = await run([...place.args(), '--json'], { cwd: place.folder, env: place.env })
    expect(place.server.requests).toHaveLength(17)
    expect(lastJson(third).summaries[0]).toMatchObject({
      attempts: 8,
      outcomes: { passed: 8 },
      usage: { replies: 16, cost: null },
      wastedShare: 0,
    })
  })

  it('stops at Ctrl-C, says how to continue, and continues', async () => {
    const held = Promise.withResolvers<void>()
    let isHolding = true
    await using place = await bed((request) => {
      if (!isHolding || !/plus 2\?/.test(JSON.stringify(request.body.messages))) return solve(request)
      held.resolve()
      return new Promise(() => {})
    })
    await addTasks(place, 3)
    const first = start(place.args('--concurrency', '1'), { cwd: place.folder, env: place.env })
    await held.promise
    first.child.kill('SIGINT')
    const stopped = await first.ended
    expect(stopped.code).toBe(130)
    expect(stopped.stderr).toContain('Stopped with 1 attempts left. The same command continues.')
    expect(stopped.stdout).toContain('Partial: 1 attempts have no result.')
    isHolding = false
    expect((await run(place.args(), { cwd: place.folder, env: place.env })).code).toBe(0)
    expect(place.server.requests).toHaveLength(7)
  })

  it('writes Markdown, JSON and JUnit, and tells wrong answers from errors', async () => {
    let breaks = true
    await using place = await bed((request) => {
      const text = JSON.stringify(request.body.messages)
      if (/plus 1\?/.test(text))
        return { calls: [{ name: 'finalAnswer', arguments: { answer: 'about forty' } }] }
      return breaks && /plus 2\?/.test(text) ? Promise.reject(new Error('breaks')) : solve(request)
    })
    await addTasks(place, 3)
    const config = { models: { m: { model: 'openai/m', attempts: 1 } } }
    await place.write('bailiwick.config.mjs', `export default ${JSON.stringify(config)}`)
    const args = ['eval', '.', '--level', '3', '--model', 'm', '--out', 'out']
    const ended = await run(args, { cwd: place.folder, env: place.env })
    expect(ended.code).toBe(1)
    expect(ended.stderr).toContain('1 of 3 attempts broke. Repeat them with --retry-errors')
    expect(ended.stdout).toContain('1 of 2 (50.0%)')
    expect(ended.stdout).toContain('expected 41, found "about forty"')
    expect(await readFile(join(place.folder, 'out/report.md'), 'utf8')).toBe(ended.stdout)
    const junit = await readFile(join(place.folder, 'out/junit.xml'), 'utf8')
    expect(junit).toContain('tests="3" failures="1" errors="1"')
    const json = JSON.parse(await readFile(join(place.folder, 'out/report.json'), 'utf8'))
    expect(json.summaries[0].outcomes).toMatchObject({ passed: 1, failed: 1, 'target-error': 1 })

    breaks = false
    const before = place.server.requests.length
    const retried = await run([...args, '--retry-errors', '--min', '0.9'], {
      cwd: place.folder,
      env: place.env,
    })
    expect(retried.code).toBe(6)
    expect(retried.stderr).toContain('expected at least 90.0% right, found 66.7%')
    expect(place.server.requests).toHaveLength(before + 2)
    const lenient = await run([...args, '--min', '0.6'], { cwd: place.folder, env: place.env })
    expect(lenient.code).toBe(0)
  })

  it('starts no task at --max-cost, and continues with a higher one', async () => {
    await using place = await bed((request) => ({
      ...solve(request),
      usage: { inputTokens: 1_000, outputTokens: 0 },
    }))
    await addTasks(place, 6)
    // Each task costs two dollars.
    const models = { m: { model: 'openai/m', price: { input: 1_000, output: 0 } } }
    await place.write('bailiwick.config.mjs', `export default ${JSON.stringify({ models })}`)
    const args = (cost: string) => [
      'eval',
      '.',
      '--level',
      '3',
      '--model',
      'm',
      '--out',
      'out',
      '--max-cost',
      cost,
    ]
    const capped = await run(args('7'), { cwd: place.folder, env: place.env })
    expect(capped.code).toBe(3)
    expect(capped.stderr).toContain('Stopped at --max-cost with 3 attempts left')
    expect(capped.stdout).toContain('$6.0000')
    expect(place.server.requests).toHaveLength(6)
    const whole = await run([...args('100'), '--json'], { cwd: place.folder, env: place.env })
    expect(whole.code).toBe(0)
    expect(lastJson(whole).summaries[0].usage.cost).toBe(12)
    expect(place.server.requests).toHaveLength(12)
  })

  it("gives the tasks to an agent's file, several times, at each level, and reports each tag", async () => {
    await using place = await bed((request) => {
      const [, number = ''] = /seven\W+(\d)/.exec(JSON.stringify(request.body.messages)) ?? []
      const code =
        '<code>\nfinalAnswer((await lucky({})).seven + (await readFile({ name: "numbers" })).length)\n</code>'
      if (!request.tools.includes('finalAnswer')) return code
      return number === ''
        ? { calls: [{ name: 'lucky', arguments: {} }] }
        : { calls: [{ name: 'finalAnswer', arguments: { answer: Number(number) + 10 } }] }
    })
    await addTasks(place, 2, { expected: 17 })
    await place.write(
      'lucky.mjs',
      `export default {
        name: 'lucky-agent', description: 'Is lucky.', level: 5, instructions: 'Always be lucky.', limits: { cpuMs: 2000 },
        tools: ['readFile', { name: 'lucky', description: 'Lucky.', input: { type: 'object' }, effect: 'none', run: async () => ({ seven: 7 }) }],
      }`,
    )
    const line = ['eval', '.', '--agent', './lucky.mjs', '--model', 'openai/m', '--out', 'out', '--json']
    const ended = await run([...line, '--level', '3,code', '--repeats', '2', '--tag', 'odd'], {
      cwd: place.folder,
      env: place.env,
    })
    const { summaries, tags } = lastJson(ended)
    expect(
      summaries.map(({ target, level, attempts, outcomes }: Record<string, unknown>) => ({
        target,
        level,
        attempts,
        outcomes,
      })),
    ).toMatchObject([
      { target: 'lucky-agent', level: 3, attempts: 2, outcomes: { passed: 2 } },
      { target: 'lucky-agent', level: 5, attempts: 2, outcomes: { passed: 2 } },
    ])
    expect(tags.map(({ tag }: { tag: string }) => tag)).toEqual(['odd', 'odd'])
    expect(JSON.stringify(place.server.requests[0])).toContain('Always be lucky.')
  })

  it('knows the agents of the team, and says which of their tools are missing', async () => {
    await using place = await bed(() => '<code>\nfinalAnswer(40)\n</code>')
    await addTasks(place, 1)
    const line = ['eval', '.', '--model', 'openai/m', '--out', 'out', '--agent']
    const ended = await run([...line, 'analyst'], { cwd: place.folder, env: place.env })
    expect(ended.stderr).toContain('analyst has no drawChart in this process')
    expect(ended.stdout).toContain('| analyst | 5 | openai/m | 1 of 1 (100.0%) |')
    expect(JSON.stringify(place.server.requests)).toContain('arquero')
    const unknown = await run([...line, 'analist'], { cwd: place.folder, env: place.env })
    expect(unknown.stderr).toContain('Did you mean "analyst"?')
    expect(unknown.code).toBe(2)
  })

  it('shows the expected answer to nobody who answers', async () => {
    const gold = 'gold-7261'
    const snoop = `<code>
const found = []
for (const name of ['../tasks.jsonl', 'tasks.jsonl', './tasks.jsonl', '/proc/self/environ']) {
  try { found.push(await readFile({ name })) } catch (error) { found.push(error.message) }
}
found.push(JSON.stringify(await listFiles({})), Object.getOwnPropertyNames(globalThis).join())
for (const name of Object.getOwnPropertyNames(globalThis)) { try { found.push(JSON.stringify(globalThis[name])) } catch {} }
finalAnswer(found.join('\\n'))
</code>`
    await using place = await bed(() => snoop)
    await addTasks(place, 1, { expected: gold, solution: { code: `return '${gold}'` } })
    const ended = await run(['eval', 'tasks.jsonl', '--model', 'openai/m', '--level', '5', '--out', 'out'], {
      cwd: place.folder,
      env: place.env,
    })
    expect(ended.stdout).toContain('0 of 1 (0.0%)')
    expect(JSON.stringify(place.server.requests)).not.toContain(gold)
    const [, record] = (await readFile(join(place.folder, 'out/results.jsonl'), 'utf8')).split('\n')
    expect(JSON.parse(record ?? '').answer).toContain('numbers')
    expect(JSON.parse(record ?? '').answer).not.toContain(gold)
  })

  it.each([
    [['eval', 'none.jsonl'], 'Expected a dataset at'],
    [['eval', '.', '--level', '7'], '--level: expected levels from 0 to 5'],
    [['eval', '.', '--repeats', '0'], '--repeats: expected a whole number from 1, found "0"'],
    [['eval', '.', '--min', '90'], '--min: expected a share from 0 to 1'],
    [['eval', '.', '--noise'], '--noise needs --oracle'],
    [['eval', '.', '--oracle', '--model', 'x'], 'Remove --model'],
    [['eval', '.', '--daemon', '--level', '3'], "The daemon's configuration decides"],
    [['eval', '.', '--oracle', '--tag', 'none'], 'Expected tasks to run, found none'],
    [['eval', '.'], 'no model'],
  ])('refuses %j with exit code 2, before it asks anything', async (args, message) => {
    await using place = await scratch()
    await addTasks(place, 1)
    const ended = await run(args, { cwd: place.folder })
    expect(ended.stderr.toLowerCase()).toContain(message.toLowerCase())
    expect(ended.code).toBe(2)
  })
})
