import {
  hasCode,
  ModelError,
  type ModelMessage,
  type ModelReply,
  type ModelRequest,
  type RecordOf,
} from '@bailiwick/contract'
import { deadlineOf, estimateTokens } from '../gate/budget.ts'
import { toMessages } from '../memory/to-messages.ts'
import type { Attempt } from './attempt.ts'

/** The messages of an attempt's next request, from its state at this time. */
export function messagesOf({ system, state, tight, options }: Attempt): ModelMessage[] {
  const { observationChars } = options.definition
  return toMessages(system, state, { tight, ...(observationChars !== undefined && { observationChars }) })
}

type Purpose = RecordOf<'step.replied'>['purpose']
type Extra = Pick<ModelRequest, 'tools' | 'toolChoice' | 'output'>

/**
 * Makes one model request within the budget. Streams the reply as live events and journals it. If the messages do
 * not fit the model's context, composes them again with folded observations and retries once.
 *
 * @param compose the request's messages, from the attempt's state at that time
 */
export function askModel(
  attempt: Attempt,
  step: number,
  purpose: Purpose,
  compose: () => ModelMessage[],
  extra: Extra = {},
): Promise<ModelReply> {
  return askOnce(attempt, step, purpose, compose(), extra).catch((error: unknown) => {
    if (attempt.tight || !hasCode(error, 'model-context')) throw error
    attempt.tight = true
    return askOnce(attempt, step, purpose, compose(), extra)
  })
}

async function askOnce(
  attempt: Attempt,
  step: number,
  purpose: Purpose,
  messages: ModelMessage[],
  extra: Extra,
): Promise<ModelReply> {
  const { state, signal } = attempt
  const bounds = attempt.budget.admitReply(() => estimateTokens(messages, extra.tools), attempt.now())
  const request: ModelRequest = {
    messages,
    purpose: purpose === 'last' ? 'act' : purpose,
    lane: { agent: state.spec.agent, task: state.spec.name, step: state.replies + 1 },
    ...extra,
    ...bounds,
  }
  // The request reveals observations, so their records must be durable first.
  await attempt.flushed()
  signal.throwIfAborted()
  const deadline = deadlineOf(state, attempt.now())
  const reply = await generate(attempt, step, request, {
    signal,
    ...(deadline !== undefined && { deadline }),
  })
  // Not flushed here: effects of the reply flush all earlier records before they leave this process.
  attempt.record({ type: 'step.replied', at: attempt.now(), step, purpose, ...reply })
  return reply
}

async function generate(
  attempt: Attempt,
  step: number,
  request: ModelRequest,
  options: { signal: AbortSignal; deadline?: number },
): Promise<ModelReply> {
  const { model } = attempt.options
  for await (const event of model.generate(request, options)) {
    if (event.type === 'reply') return event.reply
    if (event.type !== 'restart') attempt.live({ ...event, step })
  }
  throw new ModelError('model-cut', `${model.id} ended its stream without a reply; ask it again`)
}
