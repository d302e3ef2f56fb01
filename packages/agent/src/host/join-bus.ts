import { announceAgent, type Bus, registerTool, serveControl, serveTool } from '@bailiwick/bus'
import { type AgentCard, type AgentDefinition, BailiwickError, hasCode, type Tool } from '@bailiwick/contract'
import { ownTools } from '@bailiwick/core'
import type { IdleTimer } from './idle-timer.ts'
import type { Questions } from './questions.ts'
import type { RunningTasks } from './running-tasks.ts'

/** A host that is announced on the bus. Disposing it withdraws the announcement. */
interface JoinedHost extends AsyncDisposable {
  /** Announces how many tasks are running. */
  updateBusy(): void
}

/** Announces an agent with heartbeats, serves the tools that it brings, and handles the coordinator's requests. */
export async function joinBus(
  bus: Bus,
  definition: AgentDefinition,
  card: AgentCard,
  options: { host: string; slots: number; running: RunningTasks; questions: Questions; idle: IdleTimer },
): Promise<JoinedHost> {
  const { host, slots, running, questions, idle } = options
  await using stack = new AsyncDisposableStack()
  const own = ownTools(definition)
  for (const tool of own) {
    try {
      stack.use(await serveTool(bus, whileAtWork(tool, idle), { host: definition.name }))
      // Not withdrawn when this host leaves, because another replica may still serve the tool.
      await registerTool(bus, tool, { host, signs: true })
    } catch (error) {
      throw hasCode(error, 'bus-forbidden') ? credentialsError(definition.name, tool.name, own, error) : error
    }
  }
  stack.use(
    await serveControl(bus, definition.name, host, {
      cancel: ({ task, reason }) => running.cancel(task, reason),
      decide: (request) => questions.decide(request),
    }),
  )
  const presence = { card, host, pid: process.pid, slots, busy: 0, startedAt: Date.now() }
  const announced = stack.use(await announceAgent(bus, presence))
  const joined = stack.move()
  return {
    updateBusy: () => announced.update({ busy: running.size }),
    [Symbol.asyncDispose]: () => joined.disposeAsync(),
  }
}

/** The error for credentials that were made for another definition. */
function credentialsError(agent: string, tool: string, own: readonly Tool[], cause: unknown): BailiwickError {
  const named = own.map(({ name }) => ` --tool ${name}`).join('')
  return new BailiwickError(
    'bus-forbidden',
    `Expected credentials with which ${agent} may serve its own tool ${tool}, found others. Make new ones: bailiwick env --role agent:${agent}${named}. If the daemon's team has ${agent} with this definition, leave --tool out.`,
    { cause },
  )
}

/** The tool, whose calls keep the host from being idle. */
function whileAtWork(tool: Tool, idle: IdleTimer): Tool {
  return {
    ...tool,
    async run(input, context) {
      const ended = idle.begin()
      try {
        return await tool.run(input, context)
      } finally {
        ended()
      }
    },
  }
}
