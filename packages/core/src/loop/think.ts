import { createHash } from 'node:crypto'
import type { JournalRecord } from '../contract/journal.ts'
import type { ModelMessage, ModelReply, ModelRequest, ModelTool } from '../contract/model.ts'
import { functionName } from '../define/check-definition.ts'
import { ExhaustedError } from '../errors/exhausted-error.ts'
import { ModelError } from '../errors/model-error.ts'
import { DELEGATE_INPUT } from '../gate/create-gate.ts'
import { spentLimit } from '../gate/spend.ts'
import { levelRow } from '../levels/level-table.ts'
import { toMessages } from '../memory/to-messages.ts'
import type { TaskRun } from './task-run.ts'

/** Characters of a token, for estimates before a call. */
const CHARS_PER_TOKEN = 3.5

/** Asks the model for the step's reply and journals it, acknowledged, before anything in it is acted on. */
export function think(run: TaskRun, step: number): Promise<ModelReply> {
  const { state, head, schema } = run
  const { grant } = state.spec
  const row = levelRow(grant.level)
  const tools = row.acts === 'calls' ? offeredTools(run) : []
  const structured =
    row.acts === 'answer' && schema !== undefined && run.options.definition.references !== true
  return ask(run, step, 'act', toMessages(head, state), {
    ...(tools.length === 0 ? {} : { tools }),
    ...(structured ? { output: { name: 'answer', schema } } : {}),
  })
}

/** One model call within the budget: streamed as live events, journaled whole. */
export async function ask(
  run: TaskRun,
  step: number,
  purpose: Extract<JournalRecord, { type: 'reply' }>['purpose'],
  messages: ModelMessage[],
  extra: Pick<ModelRequest, 'tools' | 'output'> = {},
): Promise<ModelReply> {
  const { options, state, signal } = run
  const characters = messages.reduce((sum, { content }) => sum + content.length, 0)
  const spent = spentLimit(state, run.now(), { tokens: Math.ceil(characters / CHARS_PER_TOKEN) })
  if (spent !== undefined) throw new ExhaustedError(spent.message, { limit: spent.limit })
  const request: ModelRequest = {
    messages,
    purpose: purpose === 'last' ? 'act' : purpose,
    lane: { agent: state.spec.agent, task: state.spec.name, step: state.usage.replies + 1 },
    ...extra,
  }
  const { deadline } = state.spec
  for await (const event of options.model.generate(request, {
    signal,
    ...(deadline === undefined ? {} : { deadline }),
  })) {
    if (event.type === 'text' || event.type === 'thinking')
      run.live({ type: event.type, step, text: event.text })
    if (event.type !== 'reply') continue
    const requestHash = createHash('sha256').update(JSON.stringify(request)).digest('hex')
    run.record({ type: 'reply', at: run.now(), step, purpose, reply: event.reply, requestHash })
    await run.flushed()
    return event.reply
  }
  throw new ModelError('model-cut', `${options.model.id} ended its stream without a reply`)
}

/** What a reply may call: at level 2 nothing after the round. */
function offeredTools({ state, schema }: TaskRun): ModelTool[] {
  const { grant } = state.spec
  const row = levelRow(grant.level)
  const rounds = state.steps.filter(({ started }) => started.length > 0).length
  if (rounds >= row.rounds) return []
  const tools = grant.tools.map(({ name, description, input }) => ({ name, description, input }))
  const delegates = row.delegates
    ? grant.delegates.map(({ name, description }) => ({
        name: functionName(name),
        description,
        input: DELEGATE_INPUT,
      }))
    : []
  if (row.rounds === 1) return tools
  const input = { type: 'object', properties: { answer: schema ?? {} }, required: ['answer'] }
  return [
    ...tools,
    ...delegates,
    { name: 'finalAnswer', description: 'Ends the task with this answer.', input },
  ]
}
