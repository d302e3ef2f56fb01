import { readJson } from '@bailiwick/contract'
import { z } from 'zod'
import { askModel } from '../attempt/ask-model.ts'
import type { Attempt } from '../attempt/attempt.ts'
import type { StepState } from '../journal/task-world.ts'
import { parseText } from '../reply/parse-reply.ts'
import { type Checked, checkLargeValue, checkValue, describeIssues, isLarge } from '../schemas/check-value.ts'
import { outputSchema } from '../schemas/output-schema.ts'
import { fillReferences, localeOf } from './fill-references.ts'

/** Checks an answer against its schema, fills in its references, and runs the definition's checks. */
export async function checkAnswer(attempt: Attempt, step: StepState, answer: unknown): Promise<Checked> {
  const { definition } = attempt.options
  const { spec } = attempt.state
  const fitted = await fitSchema(attempt, answer)
  if (!fitted.ok) return fitted
  const problems: string[] = []
  let { value } = fitted
  if (definition.references) {
    let all = ''
    mapTexts(value, (template) => (all += template))
    const locale = localeOf(all)
    value = mapTexts(value, (template) => {
      const filled = fillReferences(template, spec.results, spec.text, { locale })
      problems.push(...filled.problems)
      return filled.text
    })
  }
  if (problems.length > 0) return { ok: false, problem: problems.map((line) => `\n- ${line}`).join('') }
  const judge = askInTurn(attempt, step)
  for (const check of definition.checks ?? []) {
    const problem = await check(value, { text: spec.text, ask: judge })
    if (problem) return { ok: false, problem }
  }
  return { ok: true, value }
}

/**
 * Asks the judge one question at a time, even if a check asks several at once. So the budget applies to each, and
 * after a restart each question finds its own reply in the journal.
 */
function askInTurn(attempt: Attempt, step: StepState): (question: string) => Promise<string> {
  let asked = 0
  let before: Promise<unknown> = Promise.resolve()
  const askNext = async (content: string) => {
    const known = step.judgements[asked]
    asked += 1
    return parseText(
      known ?? (await askModel(attempt, step.step, 'judge', () => [{ role: 'user', content }])),
    ).text
  }
  return (question) => {
    const reply = before.then(() => askNext(question))
    before = reply.catch(() => undefined)
    return reply
  }
}

async function fitSchema({ options, state }: Attempt, answer: unknown): Promise<Checked> {
  const schema = outputSchema(options.definition, state.spec)
  if (schema === undefined) return { ok: true, value: answer }
  const wantsText = schema.type === 'string'
  const value =
    typeof answer === 'string' && !wantsText ? (readJson(answer) ?? answer) : unwrapAnswer(schema, answer)
  const { output } = options.definition
  // A zod schema has refinements that JSON Schema cannot express.
  const own =
    output instanceof z.ZodType && JSON.stringify(outputSchema(options.definition)) === JSON.stringify(schema)
  const fits = isLarge(value) ? await checkLargeValue(schema, value) : checkValue(schema, value)
  const checked = own && fits.ok ? parseWith(output, value) : fits
  return checked.ok
    ? checked
    : { ok: false, problem: `${checked.problem}. Expected: ${JSON.stringify(schema)}` }
}

function parseWith(schema: z.ZodType, value: unknown): Checked {
  const parsed = schema.safeParse(value)
  return parsed.success
    ? { ok: true, value: parsed.data }
    : { ok: false, problem: describeIssues(parsed.error.issues) }
}

/** Treats `finalAnswer({ answer })` like `finalAnswer(answer)`, unless the schema itself has a field `answer`. */
function unwrapAnswer(schema: { properties?: unknown }, value: unknown): unknown {
  const keys = typeof value === 'object' && value !== null ? Object.keys(value) : []
  const declared = Object.hasOwn((schema.properties as object | undefined) ?? {}, 'answer')
  return keys.length === 1 && keys[0] === 'answer' && !declared
    ? (value as { answer: unknown }).answer
    : value
}

function mapTexts(value: unknown, change: (text: string) => string): unknown {
  if (typeof value === 'string') return change(value)
  if (Array.isArray(value)) return value.map((item) => mapTexts(item, change))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, mapTexts(item, change)]))
}
