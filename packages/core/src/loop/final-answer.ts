import { z } from 'zod'
import { fillReferences } from '../answer/fill-references.ts'
import { schemaProblems } from '../gate/validate-input.ts'
import { findJson } from '../parse/find-json.ts'
import type { TaskRun } from './task-run.ts'

type Checked = { ok: true; output: unknown } | { ok: false; problem: string }

/** Holds an answer to its schema, fills its references, and asks the definition's checks. */
export async function checkAnswer(run: TaskRun, answer: unknown): Promise<Checked> {
  const { definition, spec } = run.options
  const declared =
    definition.output instanceof z.ZodType && spec.output === undefined ? definition.output : run.schema
  let output = answer
  if (declared !== undefined) {
    output =
      typeof answer === 'string' && run.schema?.type !== 'string'
        ? (findJson(answer)?.value ?? answer)
        : answer
    const problems = schemaProblems(declared, output)
    if (problems.length > 0) return { ok: false, problem: problems.map((line) => `- ${line}`).join('\n') }
    if (declared instanceof z.ZodType) output = declared.parse(output)
  }
  if (definition.references === true && typeof output === 'string') {
    const filled = fillReferences(output, spec.results, spec.text)
    if (filled.problems.length > 0)
      return { ok: false, problem: filled.problems.map((line) => `- ${line}`).join('\n') }
    output = filled.text
  }
  for (const check of definition.checks ?? []) {
    const problem = await check(output, { text: spec.text })
    if (problem !== undefined) return { ok: false, problem }
  }
  return { ok: true, output }
}
