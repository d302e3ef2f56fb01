import { randomBytes } from 'node:crypto'
import { type Bus, takeTasks } from '@bailiwick/bus'
import { type AgentDefinition, BailiwickError } from '@bailiwick/contract'
import { agentCard } from '@bailiwick/core'
import { lazySandbox, type RequiredIsolation } from '../lazy-sandbox.ts'
import { Models } from '../models.ts'
import { joinBus } from './join-bus.ts'
import { Questions } from './questions.ts'
import { AtWork } from './running-tasks.ts'
import { workOnTask } from './work-on-task.ts'

export interface HostOptions {
  /** Folder that the definition's imports resolve from. */
  importsFrom: string
  /** Tasks at a time. Default 1. */
  maxConcurrent?: number
  /** How long tasks at work may go on when the host drains, ms. Default 30,000. */
  graceMs?: number
  /**
   * The least isolation that code runs in: a host of level 5 does not start with less. Default: what the machine
   * gives.
   */
  requireIsolation?: RequiredIsolation
  /** Names the models and their keys. Default: this process's. */
  env?: NodeJS.ProcessEnv
  /** Told of what goes wrong outside of any task's own result. Default: standard error. */
  note?: (line: string) => void
}

/** A definition at work on the bus. Disposing leaves at once: what is at work goes to the next host. */
export interface HostedAgent extends AsyncDisposable {
  /** This process's name on the bus, unique. */
  readonly host: string
  /** Takes nothing new, lets what is at work end within the grace time, and leaves. */
  drain(): Promise<void>
  /** Settles when the host has left; rejects when it lost the bus for good. */
  readonly left: Promise<void>
}

/**
 * Hosts an agent: announces it, takes its tasks, journals, answers. Tasks that are still at work when the
 * grace time of a drain is over stay open in their journals, and the next host goes on with them.
 *
 * @throws BusError where the agent's queue is not prepared or the credentials are not its own; SandboxError
 *   where the isolation is less than required
 * @example
 * await using bus = await connectFromEnv('analyst')
 * const hosted = await hostAgent(analyst, bus, { importsFrom: import.meta.dirname })
 * process.once('SIGTERM', () => hosted.drain())
 * await hosted.left
 */
export async function hostAgent(
  definition: AgentDefinition,
  bus: Bus,
  options: HostOptions,
): Promise<HostedAgent> {
  const {
    maxConcurrent = 1,
    graceMs = 30_000,
    env = process.env,
    importsFrom,
    requireIsolation,
    note = console.error,
  } = options
  const host = `${definition.name.slice(0, 40)}-${randomBytes(6).toString('hex')}`
  const card = agentCard(definition)
  const atWork = new AtWork()
  const questions = new Questions()
  const draining = new AbortController()
  const drain = () => draining.abort()

  await using stack = new AsyncDisposableStack()
  const sandbox = stack.use(lazySandbox(requireIsolation))
  if (card.level === 5) {
    // So that a spare is ready when the first task comes; a world that is opened meets a failure again, and tells.
    const warm = sandbox.warm()
    if (requireIsolation === undefined) warm.catch(() => {})
    else await warm
  }
  const joined = stack.use(
    await joinBus(bus, definition, card, { host, slots: maxConcurrent, atWork, questions }),
  )
  const resources = stack.move()
  const workplace = { bus, definition, host, importsFrom, models: new Models(env), sandbox, questions, note }

  async function takeAll(): Promise<void> {
    const tasks = new Set<Promise<void>>()
    try {
      const { signal } = draining
      for await (const delivery of takeTasks(bus, definition.name, { maxConcurrent, signal })) {
        if (atWork.has(delivery.task)) {
          // Somebody took this host for dead. It lives, and does not compete with itself: whoever is given the
          // second bell once the first is settled finds in the journal what is left to do.
          void atWork.settled(delivery.task).then(() => delivery.retry(0))
          continue
        }
        const task = atWork.run(delivery.task, (stop) => {
          joined.busy()
          return workOnTask(workplace, delivery, stop)
        })
        tasks.add(task)
        void task.finally(() => tasks.delete(task) && joined.busy())
      }
      const late = setTimeout(() => atWork.suspendAll(), graceMs)
      await Promise.allSettled(tasks)
      clearTimeout(late)
      if (!draining.signal.aborted)
        throw new BailiwickError('bus-lost', 'the connection to the bus is closed')
    } finally {
      await resources.disposeAsync()
    }
  }

  const left = takeAll()
  left.catch(() => {}) // Told to whoever waits for it.
  return {
    host,
    left,
    async drain() {
      drain()
      await left
    },
    async [Symbol.asyncDispose]() {
      drain()
      atWork.suspendAll()
      await left
    },
  }
}
