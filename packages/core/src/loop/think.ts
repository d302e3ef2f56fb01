import type { ModelMessage, ModelReply } from '@bailiwick/contract'
import { askModel } from '../attempt/ask-model.ts'
import type { Attempt } from '../attempt/attempt.ts'
import { toMessages } from '../memory/to-messages.ts'
import { planRequest } from '../prompts/feedback.ts'
import { stripThinking } from '../reply/strip-thinking.ts'
import { outputSchema } from '../schemas/output-schema.ts'
import { offeredTools } from './offered-tools.ts'

/** Asks the model for a step's reply. */
export function think(attempt: Attempt, step: number): Promise<ModelReply> {
  const { definition } = attempt.options
  const tools = offeredTools(attempt)
  // With references the answer holds text in place of figures, which a server that enforces the schema would reject.
  const schema =
    attempt.rules.action === 'answer' && !definition.references
      ? outputSchema(definition, attempt.state.spec)
      : undefined
  return askModel(attempt, step, 'act', () => toMessages(attempt.system, attempt.state, attempt.tight), {
    ...(tools.length > 0 && { tools }),
    ...(schema && { output: { name: 'answer', schema } }),
  })
}

/** Makes and journals a plan, if the definition asks for one before this step. */
export async function makePlan(attempt: Attempt, step: number, left: number): Promise<void> {
  const every = attempt.options.definition.planEvery
  const done = step - attempt.state.firstStep
  if (every === undefined || done % every !== 0) return
  const known = attempt.state.steps.find((other) => other.step === step)
  if (known?.reply) return
  let text = known?.plan
  if (text === undefined) {
    const request: ModelMessage = { role: 'user', content: planRequest(done === 0, left) }
    const reply = await askModel(attempt, step, 'plan', () => [
      ...toMessages(attempt.system, attempt.state, attempt.tight),
      request,
    ])
    text = reply.text
  }
  attempt.record({ type: 'task.planned', at: attempt.now(), step, text: stripThinking(text).text })
}
