import { Agent } from '@mastra/core/agent'
import { createTool } from '@mastra/core/tools'
import { MockLanguageModelV3 } from 'ai/test'
import { z } from 'zod'

/** Mastra's agent. */
export async function prepare(): Promise<() => Promise<unknown>> {
  const add = createTool({
    id: 'add',
    description: 'Adds two numbers.',
    inputSchema: z.object({ a: z.number(), b: z.number() }),
    outputSchema: z.number(),
    execute: async ({ a, b }) => a + b,
  })
  const tokens = { total: 1, noCache: 1, cacheRead: 0, cacheWrite: 0 }
  const usage = { inputTokens: tokens, outputTokens: { total: 1, text: 1, reasoning: 0 } }
  const model = new MockLanguageModelV3({
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
  const agent = new Agent({ id: 'bench', name: 'bench', instructions: 'Add.', model, tools: { add } })
  return async () => Number((await agent.generate('Add 1 and 2.')).text)
}
