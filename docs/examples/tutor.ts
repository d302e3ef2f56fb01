import { createInterface } from 'node:readline/promises'
import { Agent, type AgentOptions, defineTool } from '@bailiwick/agent'
import { z } from 'zod'

export const gradeSchema = z.object({
  asked: z.number().int().positive(),
  right: z.number().int().nonnegative(),
  advice: z.string(),
})

/**
 * A tutor that asks questions and grades the answers. It computes the right answers instead of judging. The second
 * lesson continues with the memory and the variables of the first.
 */
export function tutor(model: AgentOptions['model'], student: (question: string) => Promise<string>) {
  const ask = defineTool({
    name: 'ask',
    description: 'Asks the student one question and waits for the answer, as they wrote it.',
    input: z.object({ question: z.string() }),
    output: z.string(),
    // Never asks a question twice: after a crash, the tutor learns that the answer is lost.
    effect: 'once',
    run: ({ question }) => student(question),
  })
  const agent = new Agent({
    name: 'tutor',
    model,
    tools: [ask],
    output: gradeSchema,
    checks: [(grade) => wrongCount(gradeSchema.parse(grade))],
    instructions: 'Ask one question at a time. Grade by computing the right answers.',
    limits: { waitMs: 600_000 },
  })
  return async (lessons: readonly string[]) => {
    let last: Awaited<ReturnType<Agent['run']>> | undefined
    const grades: z.infer<typeof gradeSchema>[] = []
    for (const lesson of lessons) {
      last = await agent.run(lesson, last && { continue: last })
      if (last.status !== 'completed')
        throw new Error(`expected a completed lesson, but it ended as ${last.status}`, { cause: last.error })
      grades.push(gradeSchema.parse(last.output))
    }
    return grades
  }
}

function wrongCount({ asked, right }: z.infer<typeof gradeSchema>): string | undefined {
  return right > asked
    ? `expected at most ${asked} right answers to ${asked} questions, found ${right}`
    : undefined
}

if (import.meta.main) {
  const terminal = createInterface({ input: process.stdin, output: process.stdout })
  const teach = tutor(process.argv[2], (question) => terminal.question(`${question} `))
  console.log(await teach(['Three sums up to 100.', 'Once more what went wrong, or three harder ones.']))
  terminal.close()
}
