import {
  type AgentDefinition,
  BailiwickError,
  type JournalRecord,
  type Model,
  type ModelRequest,
  type RecordOf,
} from '@bailiwick/contract'
import { memoryJournal } from '../journal/memory-journal.ts'
import { promptHash } from '../prompts/system-prompt.ts'
import { runLoop } from './run-loop.ts'

/** A request to a model, as the loop made it for a reply in the journal. */
export interface RebuiltRequest {
  step: number
  purpose: RecordOf<'step.replied'>['purpose']
  /** The model that replied. */
  model: string
  /** Undefined if the loop of this version would make no request here, and for a judge, whose question a check makes. */
  request: ModelRequest | undefined
  /** Whether the agent's prompt is another one now, so that the request is not what was sent. Undefined if unknown. */
  changed: boolean | undefined
}

/**
 * Makes the model requests of a task again: for each reply, the loop itself continues the journal up to that reply, with
 * a model that only notes what it is asked. No model, tool or code is called. If a request did not fit the model's context,
 * the loop sent it again with shorter observations; that is not in the journal, so the request is returned whole.
 *
 * @throws JournalError if the journal does not begin with `task.created`
 * @example
 * for (const { step, request } of await rebuildRequests(definition, records)) console.log(step, request?.messages)
 */
export async function rebuildRequests(
  definition: AgentDefinition,
  records: readonly JournalRecord[],
): Promise<RebuiltRequest[]> {
  const rebuilt: RebuiltRequest[] = []
  let sent: string | undefined
  for (const [index, record] of records.entries()) {
    if (record.type === 'task.started') sent = record.promptHash
    if (record.type !== 'step.replied') continue
    const { step, purpose, model, at } = record
    const before = records.slice(0, index)
    const request = purpose === 'judge' ? undefined : await requestAfter(definition, before, at)
    const system = request?.messages[0]?.content
    const changed = sent === undefined || system === undefined ? undefined : promptHash(system) !== sent
    rebuilt.push({ step, purpose, model, request, changed })
  }
  return rebuilt
}

/** The request that the loop makes next. */
async function requestAfter(
  definition: AgentDefinition,
  before: readonly JournalRecord[],
  now: number,
): Promise<ModelRequest | undefined> {
  const stop = new AbortController()
  let noted: ModelRequest | undefined
  const model: Model = {
    id: 'none',
    generate(request) {
      noted = request
      stop.abort(new BailiwickError('suspended', 'the request is known'))
      throw stop.signal.reason
    },
  }
  const [created] = before
  if (created?.type !== 'task.created') return undefined
  const options = {
    definition,
    spec: created,
    journal: memoryJournal(before),
    tools: [],
    model,
    signal: stop.signal,
    now: () => now,
  }
  try {
    for await (const _ of runLoop(options)) {
      // Its records stay in memory.
    }
  } catch (error) {
    if (!stop.signal.aborted) throw error
  }
  return noted
}
