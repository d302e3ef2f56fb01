/**
 * Characters sent over 50 steps with observations of 1,000 characters, and what they cost where a character
 * that the provider has cached costs a tenth. Prints JSON: what was sent, and the same with nothing folded.
 */

import { defineAgent, defineTool, runLoop } from '../../packages/core/dist/index.js'
import { memoryJournal } from '../../packages/core/dist/journal/index.js'
import { inlineSandbox } from '../../packages/core/dist/testing/index.js'
import { benchTask } from './bench-task.ts'
import { scriptedReply } from './scripted-reply.ts'
import { z } from './zod.ts'

const STEPS = 50
const page = (number: number) => `page ${number} `.repeat(140).slice(0, 1_000)

const observe = defineTool({
  name: 'observe',
  description: 'A page.',
  input: z.object({ page: z.number() }),
  effect: 'none',
  run: ({ page: number }) => page(number),
})
const definition = defineAgent({
  name: 'reader',
  description: 'Reads pages.',
  level: 5,
  tools: [observe],
  budget: { steps: STEPS + 1 },
})
const requests: string[][] = []
const model = {
  id: 'fake/instant',
  async *generate({ messages }: { messages: { content: string }[] }) {
    requests.push(messages.map(({ content }) => content))
    const step = requests.length
    const code = step > STEPS ? 'finalAnswer(1)' : `console.log(await observe({ page: ${step} }))`
    yield scriptedReply(`<code>\n${code}\n</code>`)
  },
}
const spec = benchTask(definition, 'bench', 'Read fifty pages.')
const options = {
  definition,
  spec,
  journal: memoryJournal(),
  tools: [observe],
  model,
  sandbox: inlineSandbox(),
}
for await (const _ of runLoop(options));

// A message is first sent whole: what it was then is what append-everything would send for ever.
const whole: string[] = []
for (const messages of requests) whole.push(...messages.slice(whole.length))
const folded = requests.map((messages) => messages.join('\n'))
const everything = requests.map((messages) => whole.slice(0, messages.length).join('\n'))
console.log(
  JSON.stringify({
    steps: requests.length - 1,
    sent: total(folded),
    sentEverything: total(everything),
    cost: cost(folded),
    costEverything: cost(everything),
  }),
)

function total(texts: string[]): number {
  return texts.reduce((sum, { length }) => sum + length, 0)
}

/** What a request's predecessor did not begin with, and a tenth of the rest. */
function cost(texts: string[]): number {
  return texts.reduce((sum, text, index) => {
    const before = texts[index - 1] ?? ''
    let same = 0
    while (same < before.length && before[same] === text[same]) same += 1
    return sum + (text.length - same) + same / 10
  }, 0)
}
