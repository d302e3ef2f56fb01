import {
  hasCode,
  ModelError,
  type ModelMessage,
  type ModelReply,
  type ModelRequest,
  type RecordOf,
} from '@bailiwick/contract'
import { estimateTokens } from '../gate/budget.ts'
import { offeredTools } from '../loop/offered-tools.ts'
import { toMessages } from '../memory/to-messages.ts'
import { planRequest } from '../prompts/feedback.ts'
import { stripThinking } from '../reply/strip-thinking.ts'
import { outputSchema } from '../schemas/output-schema.ts'
import type { TaskRun } from './attempt.ts'

type Purpose = RecordOf<'step.replied'>['purpose']

/** Asks for the step's reply. */
export function think(run: TaskRun, step: number): Promise<ModelReply> {
  const { definition } = run.options
  const tools = offeredTools(run)
  // References stand where figures would: a server that enforces the schema would forbid them.
  const schema =
    run.rules.action === 'answer' && !definition.references
      ? outputSchema(definition, run.state.spec)
      : undefined
  return ask(run, step, 'act', () => toMessages(run.system, run.state, run.tight), {
    ...(tools.length > 0 && { tools }),
    ...(schema && { output: { name: 'answer', schema } }),
  })
}

/** Writes down a plan before the first step and every so many, where the definition asks for it. */
export async function makePlan(run: TaskRun, step: number, left: number): Promise<void> {
  const every = run.options.definition.planEvery
  const done = step - run.state.firstStep
  if (every === undefined || done % every !== 0) return
  const known = run.state.steps.find((other) => other.step === step)
  if (known?.reply) return
  let text = known?.plan
  if (text === undefined) {
    const request: ModelMessage = { role: 'user', content: planRequest(done === 0, left) }
    const reply = await ask(run, step, 'plan', () => [
      ...toMessages(run.system, run.state, run.tight),
      request,
    ])
    text = reply.text
  }
  // The thoughts before a plan are not part of it.
  run.record({ type: 'task.planned', at: run.now(), step, text: stripThinking(text).text })
}

/**
 * One model call within the budget: streamed as live events, journaled whole.
 * Messages that do not fit the model's context are folded, and tried once more.
 *
 * @param compose the request's messages, as the run's memory is then
 */
export function ask(
  run: TaskRun,
  step: number,
  purpose: Purpose,
  compose: () => ModelMessage[],
  extra: Pick<ModelRequest, 'tools' | 'output'> = {},
): Promise<ModelReply> {
  return askOnce(run, step, purpose, compose(), extra).catch((error: unknown) => {
    if (run.tight || !hasCode(error, 'model-context')) throw error
    run.tight = true
    return askOnce(run, step, purpose, compose(), extra)
  })
}

async function askOnce(
  run: TaskRun,
  step: number,
  purpose: Purpose,
  messages: ModelMessage[],
  extra: Pick<ModelRequest, 'tools' | 'output'>,
): Promise<ModelReply> {
  const { state, signal, deadline } = run
  const bounds = run.spending.admitReply(() => estimateTokens(messages, extra.tools), run.now())
  const request: ModelRequest = {
    messages,
    purpose: purpose === 'last' ? 'act' : purpose,
    lane: { agent: state.spec.agent, task: state.spec.name, step: state.replies + 1 },
    ...extra,
    ...bounds,
  }
  // The request tells what was observed: that leaves the box only once it is durable.
  await run.flushed()
  signal.throwIfAborted()
  const reply = await generate(run, step, request, { signal, ...(deadline !== undefined && { deadline }) })
  // Not waited for: what leaves this process because of the reply waits until all before it is durable.
  run.record({ type: 'step.replied', at: run.now(), step, purpose, ...reply })
  return reply
}

async function generate(
  run: TaskRun,
  step: number,
  request: ModelRequest,
  options: { signal: AbortSignal; deadline?: number },
): Promise<ModelReply> {
  const { model } = run.options
  for await (const event of model.generate(request, options)) {
    if (event.type === 'reply') return event.reply
    if (event.type !== 'restart') run.live({ type: event.type, step, text: event.text })
  }
  throw new ModelError('model-cut', `${model.id} ended its stream without a reply; ask it again`)
}
