import { createOpenAICompatible } from '@ai-sdk/openai-compatible'
import {
  Agent,
  tool as agentsTool,
  OpenAIProvider,
  Runner,
  setOpenAIAPI,
  setTracingDisabled,
} from '@openai/agents'
import { tool as aiTool, generateText, isStepCount, streamText } from 'ai'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { type ReplyChooser, startOpenAiServer } from '../src/testing/index.ts'

const parameters = z.object({ city: z.string() })
const weather = ({ city }: z.infer<typeof parameters>) => `rain in ${city}`

/** Calls the tool first, and then answers with its result. */
const reply: ReplyChooser = ({ messages, tools }) => {
  const last = messages.at(-1)
  if (last?.role === 'tool') return `It says: ${last.content}`
  const calls = [{ name: 'weather', arguments: { city: 'Bergen' } }]
  return tools.includes('weather') ? { calls } : 'no tool'
}

describe('the OpenAI test server serves unmodified frameworks', () => {
  it('@openai/agents with a tool, streamed and whole', async () => {
    await using server = await startOpenAiServer({ reply })
    setOpenAIAPI('chat_completions')
    setTracingDisabled(true)
    const provider = new OpenAIProvider({ apiKey: 'none', baseURL: `${server.url}/v1` })
    const runner = new Runner({ modelProvider: provider })
    const agent = new Agent({
      name: 'forecaster',
      instructions: 'You tell the weather.',
      model: 'test-model',
      tools: [
        agentsTool({
          name: 'weather',
          description: 'The weather.',
          parameters,
          execute: async (input) => weather(input),
        }),
      ],
    })
    const whole = await runner.run(agent, 'How is it in Bergen?')
    expect(whole.finalOutput).toBe('It says: rain in Bergen')

    const stream = await runner.run(agent, 'How is it in Bergen?', { stream: true })
    let text = ''
    for await (const delta of stream.toTextStream()) text += delta
    await stream.completed
    expect(text).toBe('It says: rain in Bergen')
    expect(server.requests).toHaveLength(4)
  })

  it('ai with a tool, streamed and whole, with usage', async () => {
    await using server = await startOpenAiServer({ reply })
    const provider = createOpenAICompatible({ name: 'test', baseURL: `${server.url}/v1`, includeUsage: true })
    const options = {
      model: provider('test-model'),
      prompt: 'How is it in Bergen?',
      stopWhen: isStepCount(3),
      tools: {
        weather: aiTool({
          description: 'The weather.',
          inputSchema: parameters,
          execute: async (input) => weather(input),
        }),
      },
    }
    const whole = await generateText(options)
    expect(whole.text).toBe('It says: rain in Bergen')
    expect(whole.finishReason).toBe('stop')

    const stream = streamText(options)
    let text = ''
    for await (const delta of stream.textStream) text += delta
    expect(text).toBe('It says: rain in Bergen')
    expect((await stream.usage).outputTokens).toBe(whole.usage.outputTokens)
    expect(whole.usage.outputTokens).toBeGreaterThan(0)
  })
})
