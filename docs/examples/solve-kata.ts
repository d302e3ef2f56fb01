import { Agent, type AgentOptions } from '@bailiwick/agent'
import { createSandbox } from '@bailiwick/sandbox'
import { z } from 'zod'

export interface Example {
  given: unknown
  expected: unknown
}

/** Asks for code, and tests it with examples in a sandbox before it accepts the answer. */
export async function solveKata(model: AgentOptions['model'], task: string, examples: readonly Example[]) {
  await using agent = new Agent({
    model,
    output: z.object({ source: z.string().describe('JavaScript: function solve(given) { … }') }),
    checks: [(answer) => failing((answer as { source: string }).source, examples)],
  })
  return await agent.run(task, { inputs: { examples } })
}

/** Describes the first failing example to the model. Returns undefined if all pass. */
async function failing(source: string, examples: readonly Example[]): Promise<string | undefined> {
  await using sandbox = await createSandbox({ limits: { cpuMs: 500 } })
  const given = examples.map((example) => example.given)
  await using world = await sandbox.open({ inputs: { given }, functions: [], imports: [], seed: 'kata' })
  const step = { step: 1, code: `${source}\nfinalAnswer(given.map((one) => solve(one)))`, clock: Date.now() }
  const { final, error, status } = await world.execute(step, {
    signal: new AbortController().signal,
    now: Date.now,
    call: async ({ id }) => ({
      id,
      ms: 0,
      ok: false,
      reason: 'refused',
      message: 'the code has no functions to call',
    }),
  })
  if (final === undefined) return `expected the code to return, but it ended with ${error?.message ?? status}`
  const got = final.value as unknown[]
  const wrong = examples.findIndex(
    ({ expected }, index) => JSON.stringify(expected) !== JSON.stringify(got[index]),
  )
  const example = examples[wrong]
  return (
    example &&
    `solve(${JSON.stringify(example.given)}) returned ${JSON.stringify(got[wrong])}, expected ${JSON.stringify(example.expected)}`
  )
}

if (import.meta.main) {
  const examples = [
    { given: '45s', expected: 45 },
    { given: '1h30m', expected: 5_400 },
  ]
  console.log(
    await solveKata(
      process.argv[2],
      'Write solve(text): the seconds of a duration such as "1h30m".',
      examples,
    ),
  )
}
