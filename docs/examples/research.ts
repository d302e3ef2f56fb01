import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Agent, type AgentOptions, defineTool } from '@bailiwick/agent'
import { z } from 'zod'

const answerSchema = z.object({
  answer: z.string(),
  sources: z
    .array(z.object({ file: z.string(), quote: z.string().describe('Word for word, a sentence or less.') }))
    .min(1),
})

/** Answers a question from a folder of texts. A source counts only if its file contains the quote word for word. */
export async function research(model: AgentOptions['model'], folder: string, question: string) {
  const names = (await readdir(folder)).filter((name) => name.endsWith('.md'))
  const texts = new Map(
    await Promise.all(names.map(async (name) => [name, await readFile(join(folder, name), 'utf8')] as const)),
  )
  const search = defineTool({
    name: 'search',
    description: 'Lines that hold a word, with their file and line number.',
    input: z.object({ word: z.string().min(2) }),
    output: z.array(z.object({ file: z.string(), line: z.number(), text: z.string() })),
    effect: 'none',
    run: ({ word }) =>
      [...texts].flatMap(([file, text]) =>
        text
          .split('\n')
          .map((line, index) => ({ file, line: index + 1, text: line }))
          .filter((line) => line.text.toLowerCase().includes(word.toLowerCase())),
      ),
  })
  const read = defineTool({
    name: 'read',
    description: 'A whole text by its file name.',
    input: z.object({ file: z.enum(names) }),
    output: z.string(),
    effect: 'none',
    run: ({ file }) => texts.get(file) ?? '',
  })
  await using agent = new Agent({
    model,
    tools: [search, read],
    output: answerSchema,
    checks: [(answer) => falseQuote(answerSchema.parse(answer), texts)],
    instructions: 'Answer from the texts alone, and cite each text that the answer rests on.',
  })
  return await agent.run(question, { inputs: { files: names } })
}

function falseQuote(
  { sources }: z.infer<typeof answerSchema>,
  texts: Map<string, string>,
): string | undefined {
  const wrong = sources.find(({ file, quote }) => texts.get(file)?.includes(quote) !== true)
  return (
    wrong && `expected ${wrong.file} to contain "${wrong.quote}": quote word for word, from the right file`
  )
}

if (import.meta.main) {
  const question = 'Which lighthouse got electric light first, and when?'
  console.log(await research(process.argv[2], join(import.meta.dirname, 'texts'), question))
}
