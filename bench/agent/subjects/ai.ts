import { generateText, stepCountIs, tool } from 'ai'
import { MockLanguageModelV4 } from 'ai/test'
import { z } from 'zod'

/** Vercel's `generateText` with a tool loop. */
export async function prepare(): Promise<() => Promise<unknown>> {
  const add = tool({
    description: 'Adds two numbers.',
    inputSchema: z.object({ a: z.number(), b: z.number() }),
    execute: async ({ a, b }) => a + b,
  })
  const tokens = { total: 1, noCache: 1, cacheRead: 0, cacheWrite: 0 }
  const usage = { inputTokens: tokens, outputTokens: { total: 1, text: 1, reasoning: 0 } }
  return async () => {
    const model = new MockLanguageModelV4({
      doGenerate: async ({ prompt }) =>
        prompt.some(({ role }) => role === 'tool')
          ? {
              content: [{ type: 'text', text: '3' }],
              finishReason: { unified: 'stop', raw: 'stop' },
              usage,
              warnings: [],
            }
          : {
              content: [{ type: 'tool-call', toolCallId: 'c', toolName: 'add', input: '{"a":1,"b":2}' }],
              finishReason: { unified: 'tool-calls', raw: 'tool_calls' },
              usage,
              warnings: [],
            },
    })
    const { text } = await generateText({
      model,
      tools: { add },
      stopWhen: stepCountIs(5),
      prompt: 'Add 1 and 2.',
    })
    return Number(text)
  }
}
