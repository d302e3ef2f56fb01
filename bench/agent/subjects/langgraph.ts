import { BaseChatModel } from '@langchain/core/language_models/chat_models'
import { AIMessage, type BaseMessage } from '@langchain/core/messages'
import { tool } from '@langchain/core/tools'
import { createReactAgent } from '@langchain/langgraph/prebuilt'
import { z } from 'zod'

class InstantModel extends BaseChatModel {
  _llmType() {
    return 'instant'
  }
  override bindTools() {
    return this
  }
  async _generate(messages: BaseMessage[]) {
    const done = messages.some((message) => message.getType() === 'tool')
    const message = done
      ? new AIMessage('3')
      : new AIMessage({
          content: '',
          tool_calls: [{ name: 'add', args: { a: 1, b: 2 }, id: 'c', type: 'tool_call' }],
        })
    return { generations: [{ text: '', message }] }
  }
}

/** LangGraph's prebuilt agent. */
export async function prepare(): Promise<() => Promise<unknown>> {
  const add = tool(async ({ a, b }: { a: number; b: number }) => String(a + b), {
    name: 'add',
    description: 'Adds two numbers.',
    schema: z.object({ a: z.number(), b: z.number() }),
  })
  const agent = createReactAgent({ llm: new InstantModel({}), tools: [add] })
  return async () => {
    const { messages } = await agent.invoke({ messages: [{ role: 'user', content: 'Add 1 and 2.' }] })
    return Number(messages.at(-1)?.content)
  }
}
