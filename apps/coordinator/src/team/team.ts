import type { AgentPresence, RegisteredTool } from '@bailiwick/bus'
import { type AgentCard, type Budget, type Grant, InputError } from '@bailiwick/contract'
import { type Member, memberSchema } from '../config/config-schema.ts'
import { nearest } from '../config/nearest.ts'
import type { AgentDescription } from './describe-child.ts'
import { resolveGrant } from './resolve-grant.ts'

/** A specialist: what it says of itself, and what the operator lets it. */
export interface Specialist extends AgentDescription {
  member: Member
}

export interface TeamOptions {
  specialists: readonly Specialist[]
  lead?: string | undefined
  writer?: string | undefined
}

/** The specialists that tasks may be given to: those of the configuration, and those that announce themselves. */
export class Team {
  readonly #configured: Map<string, Specialist>
  readonly #options: TeamOptions
  #present: AgentPresence[] = []
  /** Hosts whose processes are known to be dead, as long as the registry still has them. */
  #dead = new Set<string>()
  #registered: readonly RegisteredTool[] = []
  readonly #givenUp = new Map<string, string>()
  readonly #changes = new EventTarget()

  constructor(options: TeamOptions) {
    this.#options = options
    this.#configured = new Map(options.specialists.map((specialist) => [specialist.card.name, specialist]))
    for (const [option, name] of [
      ['lead', options.lead],
      ['writer', options.writer],
    ] as const) {
      if (name !== undefined && !this.has(name)) throw new InputError(`${option}: ${this.unknown(name)}`)
    }
  }

  /** Takes one more specialist in. */
  add(specialist: Specialist): void {
    this.#configured.set(specialist.card.name, specialist)
    this.#changed()
  }

  /** Hosts that are alive, as the registry says; without those that are known to be dead. */
  set present(hosts: AgentPresence[]) {
    this.#dead = new Set(hosts.filter(({ host }) => this.#dead.has(host)).map(({ host }) => host))
    this.#present = hosts.filter(({ host }) => !this.#dead.has(host))
    this.#changed()
  }
  get present(): readonly AgentPresence[] {
    return this.#present
  }

  /** A host's process has died: the registry will notice later. */
  bury(host: string): void {
    this.#dead.add(host)
    this.present = this.#present
  }

  /** Tools that some process hosts, as the registry says. */
  set registered(tools: readonly RegisteredTool[]) {
    this.#registered = tools
    this.#changed()
  }
  get registered(): readonly RegisteredTool[] {
    return this.#registered
  }

  /** Names of tools that some process hosts. */
  tools(): string[] {
    return this.#registered.map(({ card }) => card.name)
  }

  /** No host of this agent is started any more, for this reason. */
  giveUp(agent: string, message: string): void {
    this.#givenUp.set(agent, message)
    this.#changed()
  }

  names(): string[] {
    return [...new Set([...this.#configured.keys(), ...this.#present.map(({ card }) => card.name)])]
  }

  has(agent: string): boolean {
    return this.names().includes(agent)
  }

  /** What to say of an agent that nobody knows. */
  unknown(agent: string): string {
    const known = this.names()
    const meant = nearest(agent, known)
    return `unknown agent "${agent}"${meant === undefined ? '' : `: did you mean "${meant}"?`} (the team has ${known.join(', ')})`
  }

  card(agent: string): AgentCard {
    const card =
      this.#configured.get(agent)?.card ?? this.#present.find(({ card }) => card.name === agent)?.card
    if (card === undefined) throw new InputError(this.unknown(agent))
    const level = this.member(agent).level
    return level === undefined ? card : { ...card, level }
  }

  /** The operator's word on an agent; defaults for one that announced itself. */
  member(agent: string): Member {
    return this.#configured.get(agent)?.member ?? memberSchema.parse({ agent })
  }

  /** Whom the planner may give tasks: everybody but the one who writes answers, unless there is nobody else. */
  planned(): AgentCard[] {
    const writer = this.writer()
    const others = this.names().filter((name) => name !== writer)
    return (others.length > 0 ? others : this.names()).map((name) => this.card(name))
  }

  /** Who writes answers from results, where somebody does. */
  writer(): string | undefined {
    const name = this.#options.writer ?? 'writer'
    return this.has(name) ? name : undefined
  }

  /** Who gets a whole task under strategy `direct`. @throws InputError where that is not clear */
  lead(): string {
    if (this.#options.lead !== undefined) return this.#options.lead
    const cards = this.planned()
    const leads =
      cards.length === 1 ? cards : cards.filter(({ level, delegates }) => level === 1 || delegates.length > 0)
    const [lead, other] = leads
    if (lead !== undefined && other === undefined) return lead.name
    throw new InputError(
      `strategy "direct" gives the whole task to one agent; say which: --agent <name>, or "lead" in the configuration (the team has ${this.names().join(', ')})`,
    )
  }

  /** What an agent may use on a task. Waits a moment for tools whose host is still starting. */
  async grant(agent: string, budget: Budget, signal: AbortSignal): Promise<Grant> {
    const card = this.card(agent)
    const own = this.#configured.get(agent)?.ownTools ?? []
    const missing = () => {
      const there = new Set([...this.tools(), ...own.map(({ name }) => name)])
      return card.tools.some((name) => !there.has(name))
    }
    await this.#until(() => !missing(), AbortSignal.any([signal, AbortSignal.timeout(TOOLS_WAIT_MS)]))
    signal.throwIfAborted()
    const names = new Set(own.map(({ name }) => name))
    const registered = this.#registered.map(({ card }) => card)
    const tools = [...own, ...registered.filter(({ name }) => !names.has(name))]
    const team = this.names().map((name) => this.card(name))
    return resolveGrant({ card, member: this.member(agent), tools, team, budget })
  }

  /** Resolves with the reason once an agent has no host and will get none. Never, while there is hope. */
  async lost(agent: string, signal: AbortSignal): Promise<string> {
    const hopeless = () => this.#givenUp.has(agent) && !this.#present.some(({ card }) => card.name === agent)
    await this.#until(hopeless, signal)
    signal.throwIfAborted()
    return this.#givenUp.get(agent) ?? ''
  }

  #changed(): void {
    this.#changes.dispatchEvent(new Event('change'))
  }

  /** Waits until something is so, or the signal aborts. */
  async #until(isSo: () => boolean, signal: AbortSignal): Promise<void> {
    while (!isSo() && !signal.aborted) {
      const { promise, resolve } = Promise.withResolvers<void>()
      const wake = () => resolve()
      this.#changes.addEventListener('change', wake, { once: true })
      signal.addEventListener('abort', wake, { once: true })
      await promise
      this.#changes.removeEventListener('change', wake)
      signal.removeEventListener('abort', wake)
    }
  }
}

/** How long a task's creation waits for tools that its agent asks for and nobody hosts yet. */
const TOOLS_WAIT_MS = 10_000
