import { randomBytes } from 'node:crypto'
import {
  announceAgent,
  type Bus,
  registerTool,
  serveControl,
  serveTool,
  type TaskDelivery,
  takeTasks,
} from '@bailiwick/bus'
import { agentCard } from '@bailiwick/core'
import {
  type AgentDefinition,
  BailiwickError,
  type Level,
  type Sandbox,
  type Tool,
} from '@bailiwick/core/contract'
import { workOnTask } from './work-on-task.ts'

export interface HostOptions {
  /** Folder that the definition's imports resolve from. */
  importsFrom: string
  /** Tasks at a time. Default 1. */
  maxConcurrent?: number
  /** How long tasks at work may go on when the host drains, ms. Default 30,000. */
  graceMs?: number
  env?: NodeJS.ProcessEnv
  /** Told of what goes wrong outside of any task's own result. Default: standard error. */
  note?: (line: string) => void
}

/** A definition at work on the bus. */
export interface HostedAgent extends AsyncDisposable {
  /** Unique for this process. */
  readonly host: string
  /** Takes nothing new, lets what is at work end within the grace time, and leaves. */
  drain(): Promise<void>
  /** Settles when the host has left. */
  readonly left: Promise<void>
}

/**
 * Hosts an agent: announces it, takes its tasks, journals, answers. Tasks that are still at work when the
 * grace time of a drain is over stay open in their journals, and the next host goes on with them.
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
    note = console.error,
  } = options
  const host = `${definition.name.slice(0, 40)}-${randomBytes(6).toString('hex')}`
  const card = agentCard(definition)
  const draining = new AbortController()
  const working = new Map<string, AbortController>()
  const sandbox = lazySandbox(card.level)
  const own = (definition.tools ?? []).filter(
    (tool): tool is Tool => typeof tool === 'object' && 'run' in tool,
  )

  await using stack = new AsyncDisposableStack()
  stack.use(sandbox)
  for (const tool of own) {
    stack.use(await serveTool(bus, tool))
    await registerTool(bus, tool, { host })
  }
  const announced = stack.use(
    await announceAgent(bus, {
      card,
      host,
      pid: process.pid,
      slots: maxConcurrent,
      busy: 0,
      startedAt: Date.now(),
    }),
  )
  stack.use(
    await serveControl(bus, definition.name, host, {
      cancel({ task, reason }) {
        const controller = working.get(task)
        controller?.abort(new BailiwickError('canceled', reason))
        return controller !== undefined
      },
      drain: () => draining.abort(),
      toolsChanged: () => {},
    }),
  )
  const resources = stack.move()

  const tasks = new Set<Promise<void>>()
  const left = takeAll()
  left.catch(() => {})

  async function takeAll(): Promise<void> {
    try {
      for await (const delivery of takeTasks(bus, definition.name, {
        maxConcurrent,
        signal: draining.signal,
      })) {
        const task = work(delivery).finally(() => tasks.delete(task))
        tasks.add(task)
      }
      const late = setTimeout(suspendAll, graceMs)
      await Promise.allSettled(tasks)
      clearTimeout(late)
    } finally {
      await resources.disposeAsync()
    }
  }

  function suspendAll(): void {
    for (const controller of working.values()) {
      controller.abort(new BailiwickError('suspended', 'the host is leaving; the next one goes on'))
    }
  }

  async function work(delivery: TaskDelivery): Promise<void> {
    const controller = new AbortController()
    working.set(delivery.task, controller)
    const tell = () => announced.update({ busy: working.size }).catch(() => {}) // The next heartbeat says it.
    void tell()
    try {
      await workOnTask({
        bus,
        definition,
        delivery,
        own,
        importsFrom,
        env,
        host,
        sandbox,
        signal: controller.signal,
        note,
      })
    } finally {
      working.delete(delivery.task)
      void tell()
    }
  }

  return {
    host,
    left,
    async drain() {
      draining.abort()
      await left
    },
    async [Symbol.asyncDispose]() {
      draining.abort()
      suspendAll()
      await left
    },
  }
}

/** The sandbox of a code agent: opened at once, so that a spare is warm; of any other, only if asked for. */
function lazySandbox(level: Level): Sandbox {
  let opened: Promise<Sandbox> | undefined
  const get = () => {
    opened ??= import('@bailiwick/sandbox').then(({ createSandbox }) => createSandbox())
    return opened
  }
  // A failure here is met again, and told, by the first task that needs it.
  if (level === 5) get().catch(() => {})
  return {
    isolation: 'process',
    open: async (world, signal) => (await get()).open(world, signal),
    async [Symbol.asyncDispose]() {
      const sandbox = await opened?.catch(() => undefined)
      await sandbox?.[Symbol.asyncDispose]()
    },
  }
}
