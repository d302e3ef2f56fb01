import { resolveModel } from '@bailiwick/models'
import { startOpenAiServer } from '@bailiwick/models/testing'
import { expect, it } from 'vitest'
import { Agent } from '../src/index.ts'

const code = (text: string) => `<code>\n${text}\n</code>`
const orders = { text: 'id;Cost Total $ \n1;2,5\n2;x\n', mediaType: 'text/csv' }

it('sends a file as a file: described by columns, read with readFile, and no variable', async () => {
  const replies = [
    code('console.log(orders.length)'),
    code("const orders = (await readFile({ name: 'orders' })).split('\\n').slice(1, -1)"),
    code('finalAnswer({ rows: orders.length, limit })'),
  ]
  await using server = await startOpenAiServer({ reply: () => replies.shift() ?? '' })
  const env = { OPENAI_BASE_URL: `${server.url}/v1`, OPENAI_API_KEY: 'none' }
  const model = await resolveModel('openai/test-model', { env })
  await using agent = new Agent({ name: 'reader', model })
  const first = await agent.run('How many rows?', { inputs: { orders, limit: 3 } })
  expect(first).toMatchObject({ status: 'completed', output: { rows: 2, limit: 3 } })
  const sent = server.requests.map(({ messages }) => messages as { content: string }[])
  expect(sent[0]?.[1]?.content).toBe(`Values (each is a variable of this name):
- <data>limit: number 3</data>

Files (these names are no variables; only the calls below read them):
- <data>
orders: text/csv, 27 bytes, separated by ;, 2 rows × 2 columns
  id: integer, 1 to 2, all different
  "Cost Total $": text, 2 different: "2,5" 1×, "x" 1×
  first rows:
  {"id":1,"Cost Total $":"2,5"}
  {"id":2,"Cost Total $":"x"}
</data>
  To use it: read its text with await readFile({ name: "orders" }).

<task>How many rows?</task>`)
  expect(sent[0]?.[0]?.content).toContain('declare function readFile(')
  expect(sent[1]?.at(-1)?.content).toContain(
    '`orders` is a file, not a variable: read its text with await readFile({ name: "orders" })',
  )

  // The follow-up has the file too, and the variable that replaced its name.
  replies.push(code("finalAnswer([orders.length, (await readFile({ name: 'orders' })).length])"))
  const next = await agent.run('How long is the file?', { continue: first })
  expect(next).toMatchObject({ status: 'completed', output: [2, 27] })
})
