import { Agent, Runner, setTracingDisabled, tool, Usage } from '@openai/agents'
import { z } from 'zod'

/** OpenAI's agents SDK with a model of our own. */
export async function prepare(): Promise<() => Promise<unknown>> {
  setTracingDisabled(true)
  const add = tool({
    name: 'add',
    description: 'Adds two numbers.',
    parameters: z.object({ a: z.number(), b: z.number() }),
    execute: async ({ a, b }) => String(a + b),
  })
  const model = {
    async getResponse({ input }: { input: string | { type?: string }[] }) {
      const done = Array.isArray(input) && input.some(({ type }) => type === 'function_call_result')
      const message = {
        type: 'message',
        role: 'assistant',
        status: 'completed',
        content: [{ type: 'output_text', text: '3' }],
      }
      const call = {
        type: 'function_call',
        callId: 'c',
        name: 'add',
        status: 'completed',
        arguments: '{"a":1,"b":2}',
      }
      return { usage: new Usage(), output: [done ? message : call] }
    },
    async *getStreamedResponse() {},
  }
  // The instance of our model is all that the runner asks for.
  const agent = new Agent({ name: 'bench', instructions: 'Add.', tools: [add], model: model as never })
  const runner = new Runner({ tracingDisabled: true })
  return async () => Number((await runner.run(agent, 'Add 1 and 2.')).finalOutput)
}
