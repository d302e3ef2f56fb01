import { randomBytes } from 'node:crypto'
import { type Bus, takeTasks } from '@bailiwick/bus'
import { type AgentDefinition, BailiwickError, visibleText } from '@bailiwick/contract'
import { agentCard } from '@bailiwick/core'
import { lazySandbox, type RequiredIsolation } from '../lazy-sandbox.ts'
import { Models } from '../models.ts'
import { IdleTimer } from './idle-timer.ts'
import { joinBus } from './join-bus.ts'
import { Questions } from './questions.ts'
import { RunningTasks } from './running-tasks.ts'
import { workOnTask } from './work-on-task.ts'

export interface HostOptions {
  /** Folder that the definition's imports resolve from. */
  importsFrom: string
  /** How many tasks run at a time. Default 1. */
  maxConcurrent?: number
  /** How long running tasks may continue after `drain`, ms. Default 30,000. */
  graceMs?: number
  /**
   * A task whose calls have only waited for people and delegates for this long is left, and holds nothing here until
   * one of them can go on. Short waits are cheaper than rebuilding the task's world. Default 2,000 ms.
   */
  suspendAfterMs?: number
  /** Leaves, as `drain` does, after this long without a task and a call of its tools, ms. Default: never. */
  idleMs?: number
  /**
   * The minimum isolation for code. If the machine cannot provide it, a level-5 host does not start. Default: the
   * best isolation that the machine provides.
   */
  requireIsolation?: RequiredIsolation
  /** Environment that holds model names and API keys. Default: `process.env`. */
  env?: NodeJS.ProcessEnv
  /** Receives problems that no task's result reports. Default: standard error. */
  note?: (line: string) => void
}

/** An agent that is hosted on the bus. Disposing it leaves at once: the next host continues its tasks. */
export interface HostedAgent extends AsyncDisposable {
  /** This process's name on the bus, unique. */
  readonly host: string
  /** Takes no new tasks, lets running tasks end within the grace time, and leaves. */
  drain(): Promise<void>
  /** Resolves when the host has left. Rejects if it lost the bus permanently. */
  readonly left: Promise<void>
}

/**
 * Hosts an agent: announces it, takes its tasks and journals them. Tasks that still run when a drain's grace time is
 * over stay open in their journals, and the next host continues them.
 *
 * @throws BusError if the agent's queue is not prepared, or the credentials are not the agent's
 * @throws SandboxError if the machine cannot provide the required isolation
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
    suspendAfterMs = 2_000,
    idleMs,
    env = process.env,
    importsFrom,
    requireIsolation,
    note = (line) => console.error(visibleText(line)),
  } = options
  const host = `${definition.name.slice(0, 40)}-${randomBytes(6).toString('hex')}`
  const card = agentCard(definition)
  const running = new RunningTasks()
  const questions = new Questions()
  const draining = new AbortController()
  const drain = () => {
    idle.stop()
    draining.abort()
  }
  const idle = new IdleTimer(idleMs, drain)
  const started = idle.begin()

  await using stack = new AsyncDisposableStack()
  const sandbox = stack.use(lazySandbox(requireIsolation))
  if (card.level === 5) {
    // Makes a spare process ready for the first task. If this fails, opening a world fails again and reports why.
    const warm = sandbox.warm()
    if (requireIsolation === undefined) warm.catch(() => {})
    else await warm
  }
  const joined = stack.use(
    await joinBus(bus, definition, card, { host, slots: maxConcurrent, running, questions, idle }),
  )
  const resources = stack.move()
  const workplace = {
    bus,
    definition,
    host,
    importsFrom,
    models: new Models(env),
    sandbox,
    questions,
    suspendAfterMs,
    note,
  }

  async function takeAll(): Promise<void> {
    const tasks = new Set<Promise<void>>()
    started()
    try {
      const { signal } = draining
      for await (const delivery of takeTasks(bus, definition.name, { maxConcurrent, signal })) {
        if (running.has(delivery.task)) {
          // The coordinator wrongly assumed that this host had died. The host must not compete with itself, so it
          // returns this delivery after the first one is settled. The journal then shows what is left to do.
          void running.settled(delivery.task).then(() => delivery.retry(0))
          continue
        }
        const ended = idle.begin()
        const task = running.run(delivery.task, (stop) => {
          joined.updateBusy()
          return workOnTask(workplace, delivery, stop)
        })
        tasks.add(task)
        void task.finally(() => {
          tasks.delete(task)
          joined.updateBusy()
          ended()
        })
      }
      const late = setTimeout(() => running.suspendAll(), graceMs)
      await Promise.allSettled(tasks)
      clearTimeout(late)
      if (!draining.signal.aborted)
        throw new BailiwickError('bus-lost', 'the connection to the bus is closed')
    } finally {
      await resources.disposeAsync()
    }
  }

  const left = takeAll()
  left.catch(() => {}) // Callers that await `left` receive the error.
  return {
    host,
    left,
    async drain() {
      drain()
      await left
    },
    async [Symbol.asyncDispose]() {
      drain()
      running.suspendAll()
      await left
    },
  }
}
