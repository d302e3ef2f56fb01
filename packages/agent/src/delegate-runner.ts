import { type AgentDefinition, RefusedError, type TaskSpec, taskResultOf } from '@bailiwick/contract'
import { type Delegate, definedGrant, effectiveGrant, runLoop } from '@bailiwick/core'
import { memoryJournal } from '@bailiwick/core/journal'
import { ownTools } from './definition/check-in-process.ts'
import type { InProcess } from './in-process.ts'
import { describedInputs } from './task-spec.ts'

/** Delegations nested deeper than this are refused. */
export const MAX_DEPTH = 5

/** Starts the delegates that a definition brings with it, in this process; each call has a state of its own. */
export function delegateRunner(
  definition: AgentDefinition,
  parent: TaskSpec,
  inProcess: InProcess,
): Delegate {
  return async (request) => {
    const delegate = withModel(findDelegate(definition, request.target), definition)
    if (parent.depth >= MAX_DEPTH) throw new RefusedError(`delegations are nested deeper than ${MAX_DEPTH}`)
    const spec: TaskSpec = {
      run: parent.run,
      task: `${parent.task}-${request.call.replace('.', '-')}`.slice(-63),
      agent: delegate.name,
      name: delegate.name,
      text: request.text,
      inputs: describedInputs(request.inputs),
      results: {},
      grant: effectiveGrant(definedGrant(delegate), { budget: request.budget }),
      seed: `${parent.seed}/${request.call}`,
      parent: { agent: definition.name, task: parent.task, call: request.call },
      depth: parent.depth + 1,
    }
    const loop = runLoop({
      definition: delegate,
      spec,
      journal: memoryJournal(),
      tools: ownTools(delegate),
      model: await inProcess.models.resolveFor(delegate),
      delegate: delegateRunner(delegate, spec, inProcess),
      importsFrom: inProcess.importsFrom,
      sandbox: inProcess.sandbox,
      ...(inProcess.approve && { approve: inProcess.approve }),
      signal: request.signal,
    })
    for await (const event of loop) {
      if (event.type === 'record' && event.record.type === 'task.ended') return taskResultOf(event.record)
    }
    throw new RefusedError(`${delegate.name} stopped without a result`)
  }
}

/** What names no model thinks with its parent's. */
function withModel(delegate: AgentDefinition, { model, models }: AgentDefinition): AgentDefinition {
  if (delegate.model !== undefined) return delegate
  return { ...(models && { models }), ...delegate, ...(model !== undefined && { model }) }
}

function findDelegate({ delegates = [] }: AgentDefinition, name: string): AgentDefinition {
  for (const delegate of delegates)
    if (typeof delegate === 'object' && delegate.name === name) return delegate
  throw new RefusedError(`there is no delegate "${name}"`)
}
