import { z } from 'zod'
import type { Case } from './case.ts'
import { readRows } from './read-rows.ts'

const rowSchema = z.object({
  task_id: z.string(),
  prompt: z.string(),
  canonical_solution: z.string(),
  test: z.string(),
  declaration: z.string().optional(),
})

/**
 * HumanEval-X for JavaScript as published: complete a function from its comment. The answer is the source, which runs
 * with the published tests in the sandbox. The tests stay with the scorer; a comment may show examples.
 */
export async function* readHumanEvalX(path: string): AsyncGenerator<Case> {
  for await (const given of readRows(path)) {
    const {
      task_id: id,
      prompt,
      canonical_solution: solution,
      test,
      declaration = prompt,
    } = rowSchema.parse(given)
    const name = [...declaration.matchAll(/(?:const|let|var|function)\s+([\w$]+)/g)].at(-1)?.[1]
    const source = prompt + solution
    yield {
      id,
      task: `Complete this JavaScript function. Answer with the complete source of the function as text, without examples and tests.\n\n${prompt}`,
      checks: [{ kind: 'tests', tests: test, prefix: prompt, ...(name !== undefined && { name }) }],
      tags: ['code'],
      solution: { code: `return ${JSON.stringify(source)}`, calls: [], answer: source },
    }
  }
}
