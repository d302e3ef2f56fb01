import { type AgentDefinition, InputError, type Model, type TaskSpec } from '@bailiwick/core/contract'

/**
 * The model of a task: what the task names, else the definition, else this process's default. Resolved at
 * the first call, so that a name that means nothing fails the task with its reason, not the host.
 */
export function modelFor(definition: AgentDefinition, spec: TaskSpec, env: NodeJS.ProcessEnv): Model {
  if (spec.model === undefined && typeof definition.model === 'object') return definition.model
  const named = spec.model ?? (typeof definition.model === 'string' ? definition.model : undefined)
  let resolved: Promise<Model> | undefined
  const resolve = async (): Promise<Model> => {
    const { detectModel, noModelMessage, resolveModel } = await import('@bailiwick/models')
    if (named !== undefined) return resolveModel(named, { env })
    const found = await detectModel(env)
    if (found === undefined) throw new InputError(noModelMessage())
    return found.model
  }
  return {
    id: named ?? 'default',
    async *generate(request, options) {
      resolved ??= resolve()
      yield* (await resolved).generate(request, options)
    },
  }
}
