import { setTimeout as sleep } from 'node:timers/promises'
import { type AgentPresence, type Bus, countBells, watchBells, watchCalls } from '@bailiwick/bus'
import type { SupervisedChild } from './supervise.ts'

/** While an agent has idle hosts, its queue is read at most this often. Milliseconds. */
const LOOK_EVERY_MS = 100

/** An agent whose hosts run on demand. */
export interface DemandedAgent {
  name: string
  /** Number of tasks that one host works on at a time. */
  slots: number
  /** Names of the tools that its hosts serve. */
  tools: readonly string[]
  hosts: readonly SupervisedChild[]
}

export interface OnDemandOptions {
  bus: Bus
  /** The hosts of an agent that have announced themselves, also those that another daemon started. */
  present(agent: string): readonly AgentPresence[]
  /** Reports that the queue of an agent cannot be read. */
  warn(agent: string, error: unknown): void
}

/**
 * Starts a host when a task waits for it or one of its tools is called. An idle host stops by itself.
 */
export class OnDemand implements Disposable {
  readonly #options: OnDemandOptions
  readonly #agents = new Map<string, Watched>()
  readonly #removeListener: () => void

  constructor(options: OnDemandOptions) {
    this.#options = options
    // Bells that were rung while the connection was down were not noticed.
    this.#removeListener = options.bus.link.onReconnect(() => {
      for (const agent of this.#agents.keys()) this.need(agent)
    })
  }

  /** Adds an agent whose hosts may be idle. */
  add(agent: DemandedAgent): void {
    this.#agents.set(agent.name, { ...agent, bells: undefined, calls: [], looking: false, again: false })
    this.changed(agent.name)
  }

  /** A host of the agent has become idle. Starts it again if there are tasks for it already. */
  changed(name: string): void {
    const agent = this.#agents.get(name)
    if (agent === undefined || !hasIdle(agent)) return
    const { bus } = this.#options
    agent.bells ??= watchBells(bus, name, () => this.need(name))
    if (isAllIdle(agent) && agent.calls.length === 0)
      agent.calls = agent.tools.map((tool) => watchCalls(bus, tool, () => this.needTools(name)))
    this.need(name)
  }

  /** Starts a host of the agent for its tools if none runs. */
  needTools(name: string): void {
    const agent = this.#agents.get(name)
    if (agent === undefined || !isAllIdle(agent)) return
    agent.hosts[0]?.need()
    unwatch(agent)
  }

  /** Starts as many hosts of the agent as its waiting tasks need. */
  need(name: string): void {
    const agent = this.#agents.get(name)
    if (agent === undefined || !hasIdle(agent)) return
    agent.again = agent.looking
    if (agent.looking) return
    agent.looking = true
    void this.#look(agent).finally(() => {
      agent.looking = false
      if (agent.again) this.need(name)
    })
  }

  async #look(agent: Watched): Promise<void> {
    const { bus, present, warn } = this.#options
    try {
      const { waiting, delivered } = await countBells(bus, agent.name)
      const announced = present(agent.name)
      const held = announced.reduce((sum, host) => sum + Object.keys(host.held).length, 0)
      // A bell that a host returned at its end counts as delivered until it is delivered again.
      startHosts(agent, announced, waiting + Math.max(0, delivered - held))
      unwatch(agent)
      if (hasIdle(agent)) await sleep(LOOK_EVERY_MS, undefined, { signal: bus.closed })
    } catch (error) {
      if (!bus.closed.aborted) warn(agent.name, error)
    }
  }

  [Symbol.dispose](): void {
    this.#removeListener()
    for (const { bells, calls } of this.#agents.values()) {
      for (const watch of [bells, ...calls]) watch?.[Symbol.dispose]()
    }
    this.#agents.clear()
  }
}

interface Watched extends DemandedAgent {
  /** Present while a host of the agent is idle. */
  bells: Disposable | undefined
  /** Not empty while all of them are idle: a host that runs serves the calls. */
  calls: Disposable[]
  /** Whether its queue is being read, and whether a bell was rung meanwhile. */
  looking: boolean
  again: boolean
}

function hasIdle({ hosts }: DemandedAgent): boolean {
  return hosts.some((host) => host.report().state === 'idle')
}

function isAllIdle({ hosts }: DemandedAgent): boolean {
  return hosts.length > 0 && hosts.every((host) => host.report().state === 'idle')
}

/** Stops watching what no idle host could be started for. */
function unwatch(agent: Watched): void {
  if (!isAllIdle(agent)) {
    for (const watch of agent.calls) watch[Symbol.dispose]()
    agent.calls = []
  }
  if (!hasIdle(agent)) {
    agent.bells?.[Symbol.dispose]()
    agent.bells = undefined
  }
}

function startHosts(agent: DemandedAgent, announced: readonly AgentPresence[], tasks: number): void {
  const free = announced.reduce((sum, { busy, slots }) => sum + Math.max(0, slots - busy), 0)
  const starting = agent.hosts.filter((host) => {
    const { state, pid } = host.report()
    return (state === 'running' || state === 'waiting') && !announced.some((other) => other.pid === pid)
  })
  const left = tasks - free - starting.length * agent.slots
  const idle = agent.hosts.filter((host) => host.report().state === 'idle')
  for (const host of idle.slice(0, Math.max(0, Math.ceil(left / agent.slots)))) host.need()
}
