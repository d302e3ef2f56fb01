import { Ollama } from 'ollama'
import { OpenAI } from 'openai'
import { describe, expect, it } from 'vitest'
import { startOllamaServer, startOpenAiServer } from '../src/testing/index.ts'

const reply = {
  text: 'It is blue.',
  thinking: 'Look up.',
  calls: [{ name: 'look', arguments: { at: 'sky' } }],
  usage: { inputTokens: 12, outputTokens: 34, cachedTokens: 5, reasoningTokens: 6 },
}
const messages = [{ role: 'user' as const, content: 'What is it?' }]
const tools = [
  { type: 'function' as const, function: { name: 'look', description: 'Looks.', parameters: {} } },
]

async function collect<T>(stream: AsyncIterable<T>): Promise<T[]> {
  const parts: T[] = []
  for await (const part of stream) parts.push(part)
  return parts
}

describe('the test servers', () => {
  it('serve the bare openai client: a list, a whole completion, a stream with usage in its last chunk', async () => {
    await using server = await startOpenAiServer({ reply: () => reply, models: ['a', 'b'] })
    const client = new OpenAI({ baseURL: `${server.url}/v1`, apiKey: 'none', maxRetries: 0 })
    expect((await client.models.list()).data.map(({ id }) => id)).toEqual(['a', 'b'])

    const whole = await client.chat.completions.create({ model: 'a', messages, tools })
    expect(whole.choices[0]).toMatchObject({
      finish_reason: 'tool_calls',
      message: {
        content: 'It is blue.',
        tool_calls: [{ function: { name: 'look', arguments: '{"at":"sky"}' } }],
      },
    })
    expect(whole.usage).toMatchObject({
      prompt_tokens: 12,
      completion_tokens: 34,
      prompt_tokens_details: { cached_tokens: 5 },
      completion_tokens_details: { reasoning_tokens: 6 },
    })

    const stream = client.chat.completions.stream({
      model: 'a',
      messages,
      tools,
      stream_options: { include_usage: true },
    })
    const chunks = await collect(stream)
    expect(chunks.at(-1)).toMatchObject({ choices: [], usage: { total_tokens: 46 } })
    expect((await stream.finalChatCompletion()).choices[0]?.message.content).toBe('It is blue.')
  })

  it('serve the bare ollama client: version, list, facts, a whole answer, a stream', async () => {
    await using server = await startOllamaServer({
      reply: () => reply,
      models: ['a:1b'],
      contextTokens: 8_192,
    })
    const client = new Ollama({ host: server.url })
    expect(await client.version()).toMatchObject({ version: expect.any(String) })
    expect((await client.list()).models).toMatchObject([{ name: 'a:1b' }])
    expect(await client.show({ model: 'a:1b' })).toMatchObject({ capabilities: ['completion', 'tools'] })

    const whole = await client.chat({ model: 'a:1b', messages, tools, think: true })
    expect(whole).toMatchObject({
      done: true,
      done_reason: 'stop',
      prompt_eval_count: 12,
      eval_count: 34,
      message: {
        content: 'It is blue.',
        thinking: 'Look up.',
        tool_calls: [{ function: { name: 'look', arguments: { at: 'sky' } } }],
      },
    })
    expect(new Date(whole.created_at).getTime()).not.toBeNaN()

    const parts = await collect(await client.chat({ model: 'a:1b', messages, tools, stream: true }))
    expect(parts.map(({ message }) => message.content).join('')).toBe('It is blue.')
    expect(parts.filter(({ done }) => done)).toMatchObject([{ prompt_eval_count: 12, eval_count: 34 }])
  })
})
