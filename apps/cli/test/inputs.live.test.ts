import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type ModelServer, startOpenAiServer } from '@bailiwick/models/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { bareEnv, run } from './program.ts'
import { planReply, type TeamFolder, teamFolder } from './team-folder.ts'

/** What the test wants the model to reply to the next requests. */
let replies: string[] = []
let server: ModelServer
let place: TeamFolder
beforeAll(async () => {
  server = await startOpenAiServer({ reply: () => replies.shift() ?? 'no more replies' })
  place = await teamFolder(
    {},
    {
      agents: [
        { name: 'analyst', level: 5, tools: ['readFile', 'queryTable', 'listFiles', 'writeArtifact'] },
        { name: 'caller', level: 3, tools: ['readFile', 'queryTable'] },
        {
          name: 'lead',
          level: 5,
          tools: ['readFile', 'writeArtifact'],
          delegates: ['analyst'],
        },
        { name: 'writer', level: 0 },
      ],
      config: { model: 'openai/test-model' },
    },
  )
  const env = bareEnv({ OPENAI_BASE_URL: `${server.url}/v1`, OPENAI_API_KEY: 'none' })
  expect(await run(['up', '--detach'], { cwd: place.folder, env })).toMatchObject({ code: 0 })
})
afterAll(async () => {
  await place?.[Symbol.asyncDispose]()
  await server?.[Symbol.asyncDispose]()
})

/** The messages of the requests whose user message has this text. */
function sentWith(requests: { content: string }[][], words: string): string[] {
  return requests.flatMap((messages) => {
    const first = messages[1]?.content ?? ''
    return first.includes(words) ? [first] : []
  })
}

/** Runs a task directly on an agent, or with a plan. Returns the answer and the messages of each model request. */
async function ask(agent: string | undefined, files: Record<string, string | Uint8Array>, ...said: string[]) {
  replies = said
  const first = server.requests.length
  const args = ['run', 'Answer.', ...(agent === undefined ? ['--strategy', 'plan'] : ['--agent', agent])]
  for (const [name, content] of Object.entries(files)) {
    await writeFile(join(place.folder, name), content)
    args.push('--input', name)
  }
  const ended = await place.bailiwick(...args)
  const requests = server.requests.slice(first).map(({ messages }) => messages as { content: string }[])
  return { ...ended, requests, prompt: requests[0]?.[1]?.content ?? '' }
}

const code = (text: string) => `I look.\n<code>\n${text}\n</code>`

describe('the request that a model server receives for `bailiwick run --input`', () => {
  it('describes the columns of a CSV in full, by names that work in a query', async () => {
    const header = `${Array.from({ length: 30 }, (_, n) => `Measure number ${n}`).join(';')};Cost Total $ ; "a ""b""";Größe;größe`
    const row = (n: number) =>
      `${Array.from({ length: 30 }, (_, at) => at * n).join(';')};${n}.5;${n % 2 ? 'x' : ''};2024-01-0${n};007`
    const orders = `\uFEFF${header}\r\n${[1, 2, 3, 4].map(row).join('\r\n')}\r\n`
    const { prompt, stdout, stderr } = await ask(
      'analyst',
      { 'orders.csv': orders },
      code(`const { rows } = await queryTable({ sql: 'select sum("Cost Total $") as total, max("a ""b""") as b, min("Größe") as day, max("größe_2") as code from orders' })
finalAnswer(JSON.stringify(rows[0]))`),
    )
    expect(stderr).not.toContain('Error')
    expect(JSON.parse(stdout)).toEqual({ total: 12, b: 'x', day: '2024-01-01', code: '007' })
    expect(prompt).toContain('4 rows × 34 columns')
    expect(prompt).toContain('"Measure number 29": integer, 29 to 116, all different')
    expect(prompt).toContain('"Cost Total $": number, 1.5 to 4.5, all different')
    expect(prompt).toContain('"a ""b""": text, 1 different: "x" 2×, 2 missing')
    expect(prompt).toContain('"Größe": date, 2024-01-01 to 2024-01-04, all different')
    expect(prompt).toContain('"größe_2": text')
    expect(prompt).toMatch(/first rows:\n {2}\{"Measure number 0":0,/)
  })

  it('describes JSON, text, a PDF and an image', async () => {
    const { prompt } = await ask(
      'writer',
      {
        'people.json': JSON.stringify([{ name: 'Ada', age: 36 }, { name: 'Bo' }]),
        'short.md': '# All of it',
        'notes.md': `# Plan\n\n${'words '.repeat(400)}\n\n## Costs\n\nmore`,
        'paper.pdf': PDF,
        'logo.png': PNG,
      },
      'done',
    )
    expect(prompt).toContain('2 rows × 2 columns')
    expect(prompt).toContain('age: integer, 36 to 36, all different, 1 missing')
    expect(prompt).toContain('text reads "# All of it"')
    expect(prompt).toContain('# Plan (0)\n  ## Costs (2410)\n')
    expect(prompt).toMatch(
      /paper: paper\.pdf, application\/pdf, \d+ bytes, PDF, 3 pages, title "On Méasures"/,
    )
    expect(prompt).toMatch(/logo: logo\.png, image\/png, \d+ bytes, PNG, 640 × 480 pixels/)
  })
})

describe('files', () => {
  it('are listed apart from values, and their names are no variables of code', async () => {
    const { requests, stdout, stderr } = await ask(
      'analyst',
      { 'orders.csv': 'id,sum\n1,2\n' },
      code('orders.map((row) => row.sum)'),
      code("const orders = await readFile({ name: 'orders' })\nfinalAnswer(orders.length)"),
    )
    expect(stdout, stderr).toContain('11')
    expect(requests[0]?.[1]?.content).toContain(`
  To use it: read its text with await readFile({ name: "orders" }); query it with await queryTable({ sql: "SELECT … FROM orders" }).

<task>`)
    expect(requests[0]?.[1]?.content).toMatch(/^Files \(these names are no variables/)
    expect(requests[1]?.at(-1)?.content).toContain(
      'TypeError (line 1, column 1): `orders` is a file, not a variable: read its text with await readFile',
    )
  })

  it('that a task wrote are described to the tasks after it', async () => {
    const plan = planReply({ name: 't1', agent: 'analyst' }, { name: 't2', agent: 'analyst', after: ['t1'] })
    const { requests, stdout, stderr } = await ask(
      undefined,
      {},
      plan,
      code(
        "await writeArtifact({ name: 'sums.csv', content: 'Total $,n\\n12.5,1\\n3,2\\n' })\nfinalAnswer('written')",
      ),
      code(
        `finalAnswer((await queryTable({ sql: 'select sum("Total $") as total from sums' })).rows[0].total)`,
      ),
      'The total is 15.5.',
    )
    expect(stdout, stderr).toContain('15.5')
    const [second] = sentWith(requests, 'do t2')
    expect(second).toContain(
      'sums.csv: text/csv, 21 bytes, 2 rows × 2 columns\n  "Total $": number, 3 to 12.5',
    )
    expect(second).toContain('To use it: read its text with await readFile')
  })

  it('that an agent passes on are files of its delegate', async () => {
    const { requests, stdout, stderr } = await ask(
      'lead',
      {},
      code(`const sums = await writeArtifact({ name: 'sums.csv', content: 'total\\n12\\n3\\n' })
const { output } = await analyst({ task: 'add up the totals', inputs: { sums, factor: 2 } })
finalAnswer(output)`),
      code(
        'finalAnswer(factor * (await queryTable({ sql: "select sum(total) as total from sums" })).rows[0].total)',
      ),
    )
    expect(stdout, stderr).toContain('30')
    const [delegated] = sentWith(requests, 'add up the totals')
    expect(delegated).toContain('Values (each is a variable of this name):\n- <data>factor: number 2</data>')
    expect(delegated).toContain('sums: text/csv, 11 bytes, 2 rows × 1 columns\n  total: integer, 3 to 12')
  })
})

const PDF = `%PDF-1.4
1 0 obj << /Type /Catalog /Pages 2 0 R /Outlines << /Title (A chapter) >> >> endobj
2 0 obj << /Type /Pages /Kids [3 0 R] /Count 3 >> endobj
3 0 obj << /Type /Pages /Parent 2 0 R /Kids [] /Count 2 >> endobj
4 0 obj << /Title (On M\\351asures) /Producer (test) >> endobj
trailer << /Root 1 0 R /Info 4 0 R >>
%%EOF`

const PNG = Uint8Array.from([
  ...[0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0, 0, 0, 13, 0x49, 0x48, 0x44, 0x52],
  ...[0, 0, 2, 128, 0, 0, 1, 224, 8, 6, 0, 0, 0],
])
