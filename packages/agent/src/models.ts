import { type AgentDefinition, InputError, type Model } from '@bailiwick/contract'
import { lazyIterable } from './lazy-iterable.ts'

/** The model of a definition or a task: an object, a name, or undefined for the default. */
type ModelRef = AgentDefinition['model']

/** The models of this process. Resolves each name once, so that all tasks share a provider's rate limits. */
export class Models {
  readonly #env: NodeJS.ProcessEnv
  readonly #resolved = new Map<string | undefined, Promise<Model>>()

  constructor(env: NodeJS.ProcessEnv) {
    this.#env = env
  }

  /** @throws InputError if the name is unknown, or if no model is named and none is found */
  async resolve(ref: ModelRef): Promise<Model> {
    if (typeof ref === 'object') return ref
    const known = this.#resolved.get(ref)
    if (known !== undefined) return known
    const resolved = resolve(ref, this.#env)
    this.#resolved.set(ref, resolved)
    // Retry a failure next time: a key may be set by then, or Ollama started.
    resolved.catch(() => this.#resolved.delete(ref))
    return resolved
  }

  /**
   * The model for an agent's task. The operator's choice replaces the definition's models for every purpose, because
   * a package must not send data to another provider.
   *
   * @param chosen the operator's choice, from the task
   */
  of({ model, models }: AgentDefinition, chosen?: string): Model {
    if (chosen !== undefined && chosen !== model) return this.lazily(chosen)
    return this.#byPurpose(this.lazily(model), models)
  }

  /** The model for a definition, resolved at once. @throws InputError like {@link resolve} */
  async resolveFor({ model, models }: AgentDefinition): Promise<Model> {
    return this.#byPurpose(await this.resolve(model), models)
  }

  /** A model that passes each request to the model of its purpose. */
  #byPurpose(model: Model, models: AgentDefinition['models'] = {}): Model {
    const { plan = model, act = model, judge = model } = models
    const each = { plan, act, judge }
    if (plan === model && act === model && judge === model) return model
    return {
      id: model.id,
      generate: (request, options) => this.lazily(each[request.purpose]).generate(request, options),
    }
  }

  /** Resolves at the first request, so that an unknown name fails the task and not the host. */
  lazily(ref: ModelRef): Model {
    if (typeof ref === 'object') return ref
    return {
      id: ref ?? 'default',
      generate: (request, options) =>
        lazyIterable(async () => (await this.resolve(ref)).generate(request, options)),
    }
  }
}

async function resolve(name: string | undefined, env: NodeJS.ProcessEnv): Promise<Model> {
  const { detectModel, noModelMessage, resolveModel } = await import('@bailiwick/models')
  if (name !== undefined) return resolveModel(name, { env })
  const found = await detectModel(env)
  if (found === undefined) throw new InputError(noModelMessage())
  return found.model
}
