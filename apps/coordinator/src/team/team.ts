import type { AgentPresence, RegisteredTool } from '@bailiwick/bus'
import { type AgentCard, type Budget, type Grant, InputError, unknownName } from '@bailiwick/contract'
import { type Member, memberSchema } from '../config/config-schema.ts'
import type { AgentDescription } from './describe-child.ts'
import { resolveGrant } from './resolve-grant.ts'

/** A specialist: its description, and its entry in the configuration. */
export interface Specialist extends AgentDescription {
  member: Member
}

export interface TeamOptions {
  specialists: readonly Specialist[]
  lead?: string | undefined
  writer?: string | undefined
}

/** How long the creation of a task waits for tools that its agent asks for and no process hosts yet. Milliseconds. */
const MAX_TOOLS_WAIT_MS = 10_000

/** The agents that can work on tasks: those of the configuration, and others that announce themselves. */
export class Team {
  readonly #configured: Map<string, Specialist>
  readonly #options: TeamOptions
  #present: AgentPresence[] = []
  /** Hosts whose processes are dead, until the registry drops them. */
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
      if (name !== undefined && !this.has(name)) {
        throw new InputError(`${option}: ${unknownName('agent', name, this.names())}`)
      }
    }
  }

  /** Adds a specialist. */
  add(specialist: Specialist): void {
    this.#configured.set(specialist.card.name, specialist)
    this.#changed()
  }

  /** The living hosts according to the registry, without those whose processes are known to be dead. */
  set present(hosts: AgentPresence[]) {
    this.#dead = new Set(hosts.filter(({ host }) => this.#dead.has(host)).map(({ host }) => host))
    this.#present = hosts.filter(({ host }) => !this.#dead.has(host))
    this.#changed()
  }
  get present(): readonly AgentPresence[] {
    return this.#present
  }

  /** Removes a host whose process has died, before the registry notices. */
  markDead(host: string): void {
    this.#dead.add(host)
    this.present = this.#present
  }

  /** The registered tools. */
  set registered(tools: readonly RegisteredTool[]) {
    this.#registered = tools
    this.#changed()
  }
  get registered(): readonly RegisteredTool[] {
    return this.#registered
  }

  /** The names of the registered tools. */
  tools(): string[] {
    return this.#registered.map(({ card }) => card.name)
  }

  /** Records that no further host of this agent will start, and why. */
  giveUp(agent: string, reason: string): void {
    this.#givenUp.set(agent, reason)
    this.#changed()
  }

  names(): string[] {
    return [...new Set([...this.#configured.keys(), ...this.#present.map(({ card }) => card.name)])]
  }

  has(agent: string): boolean {
    return this.names().includes(agent)
  }

  /** The error for an agent that does not exist. */
  unknownAgent(agent: string): InputError {
    return new InputError(unknownName('agent', agent, this.names()))
  }

  /** @throws InputError for an unknown agent */
  card(agent: string): AgentCard {
    const card =
      this.#configured.get(agent)?.card ?? this.#present.find(({ card }) => card.name === agent)?.card
    if (card === undefined) throw this.unknownAgent(agent)
    const level = this.member(agent).level
    return level === undefined ? card : { ...card, level }
  }

  /** The agent's entry in the configuration; defaults for one that announced itself. */
  member(agent: string): Member {
    return this.#configured.get(agent)?.member ?? memberSchema.parse({ agent })
  }

  /** The agents that the planner may give tasks to: all except the writer, unless there is no other. */
  plannable(): AgentCard[] {
    const writer = this.writer()
    const others = this.names().filter((name) => name !== writer)
    return (others.length > 0 ? others : this.names()).map((name) => this.card(name))
  }

  /** The agent that writes answers from results, if the team has one. */
  writer(): string | undefined {
    const name = this.#options.writer ?? 'writer'
    return this.has(name) ? name : undefined
  }

  /** The agent that gets the whole task with strategy `direct`. @throws InputError if there are several candidates */
  lead(): string {
    if (this.#options.lead !== undefined) return this.#options.lead
    const cards = this.plannable()
    const leads =
      cards.length === 1 ? cards : cards.filter(({ level, delegates }) => level === 1 || delegates.length > 0)
    const [lead, other] = leads
    if (lead !== undefined && other === undefined) return lead.name
    throw new InputError(
      `Expected one agent for the whole task, found ${this.names().join(', ')}. Name one with --agent <name>, or with "lead" in the configuration.`,
    )
  }

  /** The grant of an agent for a task. Waits for tools whose host is still starting, up to a limit. */
  async grant(agent: string, budget: Budget, signal: AbortSignal): Promise<Grant> {
    const card = this.card(agent)
    const own = this.#configured.get(agent)?.ownTools ?? []
    const hasAllTools = () => {
      const known = new Set([...this.tools(), ...own.map(({ name }) => name)])
      return card.tools.every((name) => known.has(name))
    }
    await this.#until(hasAllTools, AbortSignal.any([signal, AbortSignal.timeout(MAX_TOOLS_WAIT_MS)]))
    signal.throwIfAborted()
    const names = new Set(own.map(({ name }) => name))
    const registered = this.#registered.map(({ card }) => card)
    const tools = [...own, ...registered.filter(({ name }) => !names.has(name))]
    const team = this.names().map((name) => this.card(name))
    return resolveGrant({ card, member: this.member(agent), tools, team, budget })
  }

  /** Waits until an agent has no host and will get none. @returns the reason */
  async untilLost(agent: string, signal: AbortSignal): Promise<string> {
    const isLost = () => this.#givenUp.has(agent) && !this.#present.some(({ card }) => card.name === agent)
    await this.#until(isLost, signal)
    signal.throwIfAborted()
    return this.#givenUp.get(agent) ?? ''
  }

  #changed(): void {
    this.#changes.dispatchEvent(new Event('change'))
  }

  /** Waits until a condition holds, or the signal aborts. */
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
