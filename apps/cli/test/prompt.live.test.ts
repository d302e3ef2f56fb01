import { startOpenAiServer } from '@bailiwick/models/testing'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { bareEnv, type Ended, lastJson, run } from './program.ts'
import { final, planReply, type TeamFolder, teamFolder } from './team-folder.ts'

let place: TeamFolder
let id: string
let sent: Record<string, unknown>[]
const prompt = (...args: string[]): Promise<Ended> => place.bailiwick('prompt', ...args)

beforeAll(async () => {
  place = await teamFolder(
    {},
    {
      agents: [
        { name: 'worker', level: 5 },
        { name: 'clerk', level: 3 },
        { name: 'writer', level: 0, references: true },
      ],
      config: { model: 'openai/test-model', strategy: 'auto' },
    },
  )
  const replies: Record<string, unknown[]> = {
    planner: ['no plan', planReply({ name: 't1' }, { name: 't2', agent: 'clerk', after: ['t1'] })],
    worker: ['<code>\nconst n = 6 * 7\nn\n</code>', final('n')],
    clerk: [{ calls: [{ name: 'finalAnswer', arguments: { answer: 'seven' } }] }],
    writer: ['It is 42.', 'It is {{t1}}.'],
  }
  await using server = await startOpenAiServer({
    reply: ({ messages }) =>
      (replies[/^You are (\w+)/.exec(messages[0]?.content ?? '')?.[1] ?? '']?.shift() as string) ?? 'nothing',
  })
  const env = bareEnv({ OPENAI_BASE_URL: `${server.url}/v1`, OPENAI_API_KEY: 'none' })
  const up = await run(['up', '--detach'], { cwd: place.folder, env })
  expect(up.code, up.stderr).toBe(0)
  const ended = await run(['run', 'What is it?', '--json'], { cwd: place.folder, env })
  expect(ended.code, ended.stderr).toBe(0)
  id = lastJson(ended).run
  sent = server.requests
})
afterAll(async () => {
  await place?.bailiwick('down')
  await place?.[Symbol.asyncDispose]()
})

/** Role and content of messages, which both forms have. */
const essence = (messages: unknown) =>
  (messages as { role: string; content: string | null }[]).map(({ role, content }) => [role, content ?? ''])

it('prints exactly what the model server received, of every task, with --json', async () => {
  const { stdout, stderr, code } = await prompt(id, '--json')
  expect(code, stderr).toBe(0)
  const rebuilt = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
  expect(rebuilt.map(({ name, step }) => `${name} ${step}`)).toEqual([
    'plan 1',
    'plan 2',
    't1 1',
    't1 2',
    't2 1',
    'answer 1',
    'answer 2',
  ])
  expect(rebuilt.map(({ request }) => essence(request.messages))).toEqual(
    sent.map(({ messages }) => essence(messages)),
  )
  expect(rebuilt.map(({ request }) => request.tools?.map(({ name }: { name: string }) => name))).toEqual(
    sent.map(({ tools }) => (tools as { function: { name: string } }[])?.map((tool) => tool.function.name)),
  )
  expect(rebuilt.some(({ changed }) => changed)).toBe(false)
})

it('prints a task or a step for people', async () => {
  const task = (await prompt(id, 't1')).stdout
  expect(task).toMatch(
    /^=== t1 \(worker\), step 1, answered by openai\/test-model ===\n--- system, \d+ characters ---\nYou are worker\./,
  )
  expect(task).toMatch(/step 2, answered by openai\/test-model ===\n\(2 messages as before\)\n--- assistant/)
  const step = (await prompt(id, 't1', '2')).stdout
  expect(step).not.toContain('step 1')
  expect(step).toContain('You are worker.')
  expect((await prompt(id, 't2')).stdout).toContain('--- tools: finalAnswer ---')
})

it('names the runs, tasks and steps that exist', async () => {
  for (const [args, words] of [
    [['rnobody'], `Expected a known run (${id}), found "rnobody".`],
    [[id, 't3'], `Expected a known task of run ${id} (plan, t1, t2, answer), found "t3".`],
    [[id, 't1', '7'], 'Expected a known step of task t1 (1, 2), found "7".'],
    [[id, 't1', 'x'], 'Expected a known step of task t1 (1, 2), found "x".'],
  ] as const) {
    const ended = await prompt(...args)
    expect(ended.stderr).toContain(words)
    expect(ended.code).toBe(2)
  }
})

it('says so if the prompt of the agent has changed since, or the agent is not in the team any more', async () => {
  const definition = { name: 'worker', description: 'the worker', level: 5, instructions: 'Be quick.' }
  await place.write('worker.mjs', `export default ${JSON.stringify(definition)}`)
  const changed = await prompt(id, 't1')
  expect(changed.stderr).toContain('t1: the agent worker has another prompt now')
  expect(changed.stdout).toContain('Be quick.')
  await place.write('bailiwick.config.mjs', `export default { team: ['./writer.mjs', './clerk.mjs'] }`)
  const gone = await prompt(id, 't1')
  expect(gone.stderr).toContain('Expected a known agent (writer, clerk), found "worker"')
  expect(gone.stderr).toContain('--agent <path>')
  expect((await prompt(id, 't1', '--agent', 'worker.mjs')).stdout).toContain('You are worker.')
})
