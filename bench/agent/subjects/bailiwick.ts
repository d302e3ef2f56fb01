import { defineAgent, runLoop } from '../../../packages/core/dist/index.js'
import { memoryJournal } from '../../../packages/core/dist/journal/index.js'
import { add, benchTask } from '../bench-task.ts'
import { scriptedReply } from '../scripted-reply.ts'

/** Level 3, journal in memory. */
export async function prepare(): Promise<() => Promise<unknown>> {
  const definition = defineAgent({ name: 'bench', description: 'Adds.', level: 3, tools: [add] })
  const model = {
    id: 'fake/instant',
    async *generate({ messages }: { messages: unknown[] }) {
      yield scriptedReply(
        messages.length < 3
          ? { name: 'add', arguments: { a: 1, b: 2 } }
          : { name: 'finalAnswer', arguments: { answer: 3 } },
      )
    },
  }
  let count = 0
  return async () => {
    count += 1
    const spec = benchTask(definition, `t${count}`, 'Add 1 and 2.')
    let output: unknown
    for await (const event of runLoop({ definition, spec, journal: memoryJournal(), tools: [add], model })) {
      if (event.type === 'record' && event.record.type === 'task.ended') output = event.record.output
    }
    return output
  }
}
