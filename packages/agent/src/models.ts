import { type AgentDefinition, InputError, type Model } from '@bailiwick/contract'
import { openedLater } from './lazy-iterable.ts'

/** What a definition or a task says of its model: an object, a name, or nothing. */
type Wanted = AgentDefinition['model']

/** Models of this process: each name is resolved once, and what a provider limits is counted once. */
export class Models {
  readonly #env: NodeJS.ProcessEnv
  readonly #resolved = new Map<string | undefined, Promise<Model>>()

  constructor(env: NodeJS.ProcessEnv) {
    this.#env = env
  }

  /** @throws InputError for a name that means nothing, and where nothing is named and no model is found */
  async resolve(wanted: Wanted): Promise<Model> {
    if (typeof wanted === 'object') return wanted
    const known = this.#resolved.get(wanted)
    if (known !== undefined) return known
    const resolved = resolve(wanted, this.#env)
    this.#resolved.set(wanted, resolved)
    // What failed may work later: a key is set, Ollama is started.
    resolved.catch(() => this.#resolved.delete(wanted))
    return resolved
  }

  /**
   * The model of an agent's task. What the operator chose in place of the definition's own is for every
   * purpose: a package must not send to another provider what was to stay with one.
   *
   * @param chosen by the operator, in the task
   */
  of({ model, models }: AgentDefinition, chosen?: string): Model {
    if (chosen !== undefined && chosen !== model) return this.lazily(chosen)
    return this.#byPurpose(this.lazily(model), models)
  }

  /** The same, the first model resolved at once. @throws InputError as {@link resolve} does */
  async resolveFor({ model, models }: AgentDefinition): Promise<Model> {
    return this.#byPurpose(await this.resolve(model), models)
  }

  /** One model that hands each request to the one of its purpose. */
  #byPurpose(model: Model, models: AgentDefinition['models'] = {}): Model {
    const { plan = model, act = model, judge = model } = models
    const each = { plan, act, judge }
    if (plan === model && act === model && judge === model) return model
    return {
      id: model.id,
      generate: (request, options) => this.lazily(each[request.purpose]).generate(request, options),
    }
  }

  /** Resolved at the first call: a name that means nothing fails the task, with its reason, not the host. */
  lazily(wanted: Wanted): Model {
    if (typeof wanted === 'object') return wanted
    return {
      id: wanted ?? 'default',
      generate: (request, options) =>
        openedLater(async () => (await this.resolve(wanted)).generate(request, options)),
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
