import { announceAgent, type Bus, registerTool, serveControl, serveTool } from '@bailiwick/bus'
import type { AgentCard, AgentDefinition } from '@bailiwick/contract'
import { ownTools } from '../definition/check-in-process.ts'
import type { Questions } from './questions.ts'
import type { AtWork } from './running-tasks.ts'

export interface JoinOptions {
  host: string
  slots: number
  atWork: AtWork
  questions: Questions
}

/** A host that others see and that listens to the coordinator. Disposing leaves. */
export interface Joined extends AsyncDisposable {
  /** Tells how many tasks are at work. */
  busy(): void
}

/** Announces an agent with heartbeats, serves the tools it brings with it, and obeys the coordinator. */
export async function joinBus(
  bus: Bus,
  definition: AgentDefinition,
  card: AgentCard,
  { host, slots, atWork, questions }: JoinOptions,
): Promise<Joined> {
  await using stack = new AsyncDisposableStack()
  for (const tool of ownTools(definition)) {
    stack.use(await serveTool(bus, tool, { writer: definition.name }))
    // The card stays when this host leaves: another replica may serve the tool still.
    await registerTool(bus, tool, { host, signs: true })
  }
  stack.use(
    await serveControl(bus, definition.name, host, {
      cancel: ({ task, reason }) => atWork.cancel(task, reason),
      decide: (request) => questions.decide(request),
    }),
  )
  const presence = { card, host, pid: process.pid, slots, busy: 0, startedAt: Date.now() }
  const announced = stack.use(await announceAgent(bus, presence))
  const joined = stack.move()
  return {
    busy: () => announced.update({ busy: atWork.size }),
    [Symbol.asyncDispose]: () => joined.disposeAsync(),
  }
}
