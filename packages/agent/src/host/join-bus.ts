import { announceAgent, type Bus, registerTool, serveControl, serveTool } from '@bailiwick/bus'
import type { AgentCard, AgentDefinition } from '@bailiwick/contract'
import { ownTools } from '@bailiwick/core'
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
  options: { host: string; slots: number; running: RunningTasks; questions: Questions },
): Promise<JoinedHost> {
  const { host, slots, running, questions } = options
  await using stack = new AsyncDisposableStack()
  for (const tool of ownTools(definition)) {
    stack.use(await serveTool(bus, tool, { host: definition.name }))
    // Not withdrawn when this host leaves, because another replica may still serve the tool.
    await registerTool(bus, tool, { host, signs: true })
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
