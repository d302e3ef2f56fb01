import { resolveModel } from '@bailiwick/models'
import { type ServedRequest, startOllamaServer } from '@bailiwick/models/testing'
import { expect, it } from 'vitest'
import { Agent } from '../src/index.ts'

const WINDOW = 4_096
const tokens = ({ messages }: ServedRequest) =>
  messages.reduce((sum, { content }) => sum + Math.ceil(content.length / 4), 0)

it('completes a task whose observations overflow a context of 4,096 tokens', async () => {
  const windows = new Set<unknown>()
  const sizes: number[] = []
  // Like Ollama, this server silently cuts a prompt that is too long; only the token count shows it.
  await using server = await startOllamaServer({
    contextTokens: WINDOW,
    reply: (request) => {
      windows.add((request.body.options as { num_ctx: number }).num_ctx)
      sizes.push(tokens(request))
      const steps = request.messages.filter(({ role }) => role === 'assistant').length
      const text =
        steps < 6
          ? `<code>\nconsole.log('page ${steps} '.repeat(560))\n</code>`
          : `<code>\nfinalAnswer((await observations[1]).includes('page 0'))\n</code>`
      return { text, usage: { inputTokens: Math.min(tokens(request), WINDOW), outputTokens: 20 } }
    },
  })
  const model = await resolveModel('ollama/test-model:1b', { env: { OLLAMA_HOST: server.url } })
  await using agent = new Agent({ name: 'reader', model })
  const result = await agent.run(
    `Read six pages, then say whether the first was page 0. ${'Mind this. '.repeat(500)}`,
  )
  expect(result).toMatchObject({ status: 'completed', output: true })
  // One request was too long. The agent folded it and all later requests.
  expect(sizes.filter((size) => size > WINDOW)).toHaveLength(1)
  expect(Math.max(...[...windows].map(Number))).toBeLessThanOrEqual(WINDOW)
})
