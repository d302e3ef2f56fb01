import type { ModelMessage, ModelReply } from '@bailiwick/contract'
import { askModel, messagesOf } from '../attempt/ask-model.ts'
import type { Attempt } from '../attempt/attempt.ts'
import { offeredTools } from '../attempt/offered-tools.ts'
import { planRequest } from '../prompts/feedback.ts'
import { stripThinking } from '../reply/strip-thinking.ts'
import { outputSchema } from '../schemas/output-schema.ts'

/** Asks the model for a step's reply. */
export function think(attempt: Attempt, step: number): Promise<ModelReply> {
  const { definition } = attempt.options
  // With references the answer holds text in place of figures, which a server that enforces the schema would reject.
  const schema =
    attempt.rules.action === 'answer' && !definition.references
      ? outputSchema(definition, attempt.state.spec)
      : undefined
  return askModel(attempt, step, 'act', () => messagesOf(attempt), {
    ...offeredTools(attempt),
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
    const reply = await askModel(
      attempt,
      step,
      'plan',
      () => [...messagesOf(attempt), request],
      offeredTools(attempt, false),
    )
    text = reply.text
  }
  attempt.record({ type: 'task.planned', at: attempt.now(), step, text: stripThinking(text).text })
}
