import { type AgentPresence, OLDEST_HOST_PROTOCOL, type RegisteredTool } from '@bailiwick/bus'
import {
  type AgentCard,
  type Budget,
  type Grant,
  InputError,
  onAbort,
  type ToolCard,
  unknownName,
} from '@bailiwick/contract'
import { TOOLBOX_TOOLS } from '@bailiwick/tools/names'
import { type Member, memberSchema } from '../config/config-schema.ts'
import type { AgentDescription } from './describe-child.ts'
import { resolveGrant } from './resolve-grant.ts'

/** A specialist: its description, and its entry in the configuration. */
export interface Specialist extends AgentDescription {
  member: Member
  /** Whether its hosts run on demand, so also when one of its own tools is called. */
  onDemand?: boolean
}

/** What a host of an agent is needed for: it has a task, or a task of another agent may call its tools. */
export type HostNeed = 'task' | 'tools'

export interface TeamOptions {
  specialists: readonly Specialist[]
  lead?: string | undefined
  writer?: string | undefined
  /** Tells the operator something about the team. */
  note?(line: string): void
  /** Default: {@link MAX_TOOLS_WAIT_MS}. */
  toolsWaitMs?: number
}

/** A tool that agents ask for and that no process hosts. */
export interface MissingTool {
  name: string
  agents: string[]
}

/**
 * How long after its start a team may take to register the tools that its own processes host, milliseconds. Until then,
 * tasks of agents that ask for them wait. Nobody waits for other tools.
 */
export const MAX_TOOLS_WAIT_MS = 30_000
/** A longer wait is reported. Milliseconds. */
const NOTE_AFTER_MS = 2_000

/** Whether a host speaks a version of the protocol that coordinators no longer work with. */
export function isTooOld({ protocol }: AgentPresence): boolean {
  return protocol < OLDEST_HOST_PROTOCOL
}

/** The agents that can work on tasks: those of the configuration, and others that announce themselves. */
export class Team {
  readonly #configured: Map<string, Specialist>
  readonly #options: TeamOptions
  #present: AgentPresence[] = []
  /** Hosts whose processes are dead, until the registry drops them. */
  #dead = new Set<string>()
  #registered: readonly RegisteredTool[] = []
  /** Agents whose hosts all keep dying: why, and how often all of them had died. */
  readonly #failing = new Map<string, { reason: string; times: number }>()
  #needed: (agent: string, why: HostNeed) => void = () => {}
  #foundTooOld: (host: AgentPresence) => void = () => {}
  #named: (agent: string) => void = () => {}
  readonly #listeners = new Set<() => void>()
  /** When the team's processes should have registered their tools, by `performance.now()`. */
  readonly #toolsBy: number
  /** Missing tools that the operator knows about, as `<agent> <tool>`. */
  readonly #noted = new Set<string>()

  constructor(options: TeamOptions) {
    this.#options = options
    this.#toolsBy = performance.now() + (options.toolsWaitMs ?? MAX_TOOLS_WAIT_MS)
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

  /** The specialist of this name; undefined if the configuration has none. */
  configured(agent: string): Specialist | undefined {
    return this.#configured.get(agent)
  }

  /** Adds a specialist. */
  add(specialist: Specialist): void {
    this.#configured.set(specialist.card.name, specialist)
    this.#named(specialist.card.name)
    this.#changed()
  }

  /** The living hosts according to the registry, without those whose processes are known to be dead. */
  set present(hosts: AgentPresence[]) {
    this.#dead = new Set(hosts.filter(({ host }) => this.#dead.has(host)).map(({ host }) => host))
    this.#present = hosts.filter(({ host }) => !this.#dead.has(host))
    for (const { card } of this.#present) this.#named(card.name)
    for (const host of this.#present) if (isTooOld(host)) this.#foundTooOld(host)
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
    const names = new Set(this.tools())
    for (const noted of this.#noted) if (names.has(noted.split(' ')[1] ?? '')) this.#noted.delete(noted)
    this.#changed()
  }
  get registered(): readonly RegisteredTool[] {
    return this.#registered
  }

  /** The names of the tools that can be called. */
  tools(): string[] {
    return this.#callable().map(({ name }) => name)
  }

  /** The registered tools, and those whose host starts when they are called. */
  #callable(): ToolCard[] {
    const registered = this.#registered.map(({ card }) => card)
    const names = new Set(registered.map(({ name }) => name))
    const onDemand = this.#onDemand().flatMap(({ ownTools }) => ownTools)
    return [
      ...registered,
      ...onDemand.filter(({ name }) => !names.has(name)).map((card) => ({ ...card, signs: true as const })),
    ]
  }

  /** The specialists whose hosts start when they are needed, except those whose hosts keep dying. */
  #onDemand(): Specialist[] {
    return [...this.#configured.values()].filter(
      ({ card, onDemand }) => onDemand === true && !this.#failing.has(card.name),
    )
  }

  /** Records that all hosts of this agent keep dying, each time when no host is left. */
  hostsFailed(agent: string, reason: string): void {
    this.#failing.set(agent, { reason, times: (this.#failing.get(agent)?.times ?? 0) + 1 })
    this.#changed()
  }

  /** Records that a host of this agent stays up again. */
  hostsRecovered(agent: string): void {
    this.#failing.delete(agent)
  }

  /** Sets what to call when a task needs a host of an agent that may have none. */
  onNeeded(listener: (agent: string, why: HostNeed) => void): void {
    this.#needed = listener
  }

  /** Sets what to call with a host that is too old, again with each of its heartbeats. */
  onTooOld(listener: (host: AgentPresence) => void): void {
    this.#foundTooOld = listener
  }

  /** Sets what to call with the name of each agent, the known ones at once, and later again with the same names. */
  onNamed(listener: (agent: string) => void): void {
    this.#named = listener
    for (const name of this.names()) listener(name)
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

  /** Whether an agent, or one that it may start, may ask a person about its calls. */
  asksPeople(agent: string, seen = new Set<string>()): boolean {
    if (seen.has(agent) || !this.has(agent)) return false
    seen.add(agent)
    const { approval = 'never', delegates } = this.card(agent)
    const { approval: wanted = 'never' } = this.member(agent)
    return approval !== 'never' || wanted !== 'never' || delegates.some((name) => this.asksPeople(name, seen))
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

  /**
   * The tools that agents of the configuration ask for, are allowed, and cannot have, because no process hosts them. Not
   * those whose host is still starting.
   */
  missingTools(): MissingTool[] {
    const starting = performance.now() < this.#toolsBy ? this.#hosted() : new Set<string>()
    const missing = [...this.#configured].flatMap(([agent, { ownTools }]) =>
      (this.#resolve(agent, ownTools, {}).missing ?? []).map((name) => ({ agent, name })),
    )
    return Array.from(
      Map.groupBy(missing, ({ name }) => name),
      ([name, asking]) => ({ name, agents: asking.map(({ agent }) => agent) }),
    ).filter(({ name }) => !starting.has(name))
  }

  /** Tells the operator about each missing tool, once. */
  noteMissingTools(): void {
    for (const { name, agents } of this.missingTools()) {
      for (const agent of agents) this.#noteMissing(agent, name)
    }
  }

  /**
   * The grant of an agent for a task. Right after the team's start, waits for tools of the team's own processes; never
   * for others, because nobody knows whether they will ever be there.
   */
  async grant(agent: string, budget: Budget, signal: AbortSignal): Promise<Grant> {
    const card = this.card(agent)
    const own = this.#configured.get(agent)?.ownTools ?? []
    const hosted = this.#hosted()
    const awaited = card.tools.filter((name) => hosted.has(name) && !own.some((tool) => tool.name === name))
    await this.#untilRegistered(agent, awaited, signal)
    const grant = this.#resolve(agent, own, budget)
    const granted = new Set(grant.tools.map(({ name }) => name))
    for (const other of this.#onDemand()) {
      const isUsed = other.card.name !== agent && other.ownTools.some(({ name }) => granted.has(name))
      if (isUsed) this.#needed(other.card.name, 'tools')
    }
    for (const name of grant.missing ?? []) this.#noteMissing(agent, name)
    return grant
  }

  /** The names of tools that processes of this team host. */
  #hosted(): Set<string> {
    const own = [...this.#configured.values()].flatMap(({ ownTools }) => ownTools.map(({ name }) => name))
    return new Set([...TOOLBOX_TOOLS, ...own])
  }

  async #untilRegistered(agent: string, names: readonly string[], signal: AbortSignal): Promise<void> {
    const left = () => names.filter((name) => !this.tools().includes(name))
    const waitMs = this.#toolsBy - performance.now()
    if (left().length === 0 || waitMs <= 0) return
    const timer = setTimeout(() => {
      this.#options.note?.(
        `A task of ${agent} waits for the tools ${left().join(', ')}: their host is starting.`,
      )
    }, NOTE_AFTER_MS)
    try {
      await this.#until(
        () => left().length === 0,
        AbortSignal.any([signal, AbortSignal.timeout(Math.ceil(waitMs))]),
      )
    } finally {
      clearTimeout(timer)
    }
    signal.throwIfAborted()
  }

  #noteMissing(agent: string, tool: string): void {
    const noted = `${agent} ${tool}`
    if (this.#noted.has(noted)) return
    this.#noted.add(noted)
    this.#options.note?.(
      `${agent} asks for the tool ${tool}, and no process hosts it, so tasks of ${agent} do without it. Start its host, or remove it from the agent's tools.`,
    )
  }

  #resolve(agent: string, own: readonly ToolCard[], budget: Budget): Grant {
    const card = this.card(agent)
    const names = new Set(own.map(({ name }) => name))
    const tools = [...own, ...this.#callable().filter(({ name }) => !names.has(name))]
    const team = this.names().map((name) => this.card(name))
    return resolveGrant({ card, member: this.member(agent), tools, team, budget })
  }

  /** Has a host of an agent tried again soon if all its hosts keep dying, because there is a task for it. */
  needHost(agent: string): void {
    if (this.#failing.has(agent)) this.#needed(agent, 'task')
  }

  /**
   * Waits until an agent has no host because all its hosts keep dying. If they already do, one of them is tried again
   * soon, and only its next death counts.
   *
   * @returns the reason
   */
  async untilLost(agent: string, signal: AbortSignal): Promise<string> {
    const before = this.#failing.get(agent)?.times ?? 0
    this.needHost(agent)
    const isLost = () =>
      (this.#failing.get(agent)?.times ?? 0) > before &&
      !this.#present.some(({ card }) => card.name === agent)
    await this.#until(isLost, signal)
    signal.throwIfAborted()
    return this.#failing.get(agent)?.reason ?? ''
  }

  #changed(): void {
    for (const listener of [...this.#listeners]) listener()
  }

  /** Waits until a condition holds, or the signal aborts. */
  async #until(isSo: () => boolean, signal: AbortSignal): Promise<void> {
    if (isSo() || signal.aborted) return
    const { promise, resolve } = Promise.withResolvers<void>()
    const check = () => {
      if (isSo()) resolve()
    }
    this.#listeners.add(check)
    const removeListener = onAbort(signal, resolve)
    await promise
    removeListener()
    this.#listeners.delete(check)
  }
}
