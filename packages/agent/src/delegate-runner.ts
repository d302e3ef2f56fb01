import {
  type DelegateRequest,
  definedGrant,
  describeInput,
  effectiveGrant,
  memoryJournal,
  runLoop,
} from '@bailiwick/core'
import { type AgentDefinition, RefusedError, type TaskResult, type TaskSpec } from '@bailiwick/core/contract'
import type { InProcess } from './in-process.ts'

/** Delegations nested deeper than this are refused. */
export const MAX_DEPTH = 5

/** Starts the delegates that a definition brings with it, in this process, each call with a state of its own. */
export function delegateRunner(definition: AgentDefinition, parent: TaskSpec, inProcess: InProcess) {
  return async (request: DelegateRequest): Promise<TaskResult> => {
    const delegate = (definition.delegates ?? []).find(
      (candidate) => typeof candidate === 'object' && candidate.name === request.target,
    )
    if (delegate === undefined || typeof delegate === 'string') {
      throw new RefusedError(
        `"${request.target}" is named but not defined here: pass its definition in delegates`,
      )
    }
    if (parent.depth >= MAX_DEPTH) throw new RefusedError(`delegations are nested deeper than ${MAX_DEPTH}`)
    const spec: TaskSpec = {
      run: parent.run,
      task: `${parent.task}.${request.call}`.replaceAll('.', '-').slice(-63),
      agent: delegate.name,
      name: delegate.name,
      text: request.text,
      inputs: Object.entries(request.inputs).map(([name, value]) => ({
        name,
        value,
        description: describeInput(name, value),
      })),
      results: {},
      grant: effectiveGrant(definedGrant(delegate), { budget: definition.budget ?? {} }),
      seed: `${parent.seed}/${request.call}`,
      parent: { agent: definition.name, task: parent.task, call: request.call },
      depth: parent.depth + 1,
    }
    const loop = runLoop({
      definition: delegate,
      spec,
      journal: memoryJournal(),
      tools: inProcess.tools(delegate),
      model: await inProcess.model(
        delegate.model === undefined ? { ...delegate, ...modelOf(definition) } : delegate,
      ),
      delegate: delegateRunner(delegate, spec, inProcess),
      importsFrom: inProcess.importsFrom,
      signal: request.signal,
      ...(spec.grant.level === 5 ? { sandbox: await inProcess.sandbox() } : {}),
    })
    for await (const event of loop) {
      if (event.type === 'record' && event.record.type === 'task.ended') return event.record.result
    }
    throw new RefusedError(`${delegate.name} stopped without a result`)
  }
}

function modelOf({ model }: AgentDefinition): Pick<AgentDefinition, 'model'> {
  return model === undefined ? {} : { model }
}
