import { type Bus, type CloudEvent, connectFromEnv, eventName, followEvents } from '@bailiwick/bus'
import { type Scratch, scratch } from '@bailiwick/coordinator/testing/scratch'
import { freePorts } from '@bailiwick/nats-server/testing'
import { useBubblewrap } from '@bailiwick/sandbox/testing'
import { type Ended, run } from './program.ts'

type Reply =
  | string
  | { text: string; delayMs?: number; untilFile?: string }
  | { calls: { name: string; arguments: unknown }[] }

/** Replies by agent, task and step, as `scripted:<file>` takes them. */
export type Script = Record<string, Record<string, Reply[]>>

/** A folder with a configuration, agents, and the replies of a scripted model. Disposing it kills what still runs. */
export interface TeamFolder extends Scratch {
  /** Replaces the replies. A host reads them when it starts. */
  script(replies: Script): Promise<void>
  /** Runs a command in the folder to its end. */
  bailiwick(...args: string[]): Promise<Ended>
  /** Connects with the credentials that `bailiwick env` prints. */
  connect(...envArgs: string[]): Promise<Bus>
}

/** Any agent that a test needs, as its file's default export. */
export interface TestAgent {
  name: string
  level: number
  [field: string]: unknown
}

/** A reply of the planner. */
export function planReply(
  ...tasks: { name: string; agent?: string; after?: string[]; inputs?: string[] }[]
): string {
  return JSON.stringify({
    tasks: tasks.map((task) => ({ agent: 'worker', text: `do ${task.name}`, ...task })),
  })
}

/** A worker at level 5 and a writer at level 0. */
export const WORKER_AND_WRITER: TestAgent[] = [
  { name: 'worker', level: 5 },
  { name: 'writer', level: 0, references: true },
]

/** Writes a configuration with these agents and a scripted model. */
export async function teamFolder(
  replies: Script,
  options: { agents?: TestAgent[]; config?: Record<string, unknown>; members?: Record<string, object> } = {},
): Promise<TeamFolder> {
  await useBubblewrap()
  const place = await scratch()
  const { agents = WORKER_AND_WRITER, config = {}, members = {} } = options
  for (const agent of agents) {
    const definition = { description: `the ${agent.name}`, ...agent }
    await place.write(`${agent.name}.mjs`, `export default ${JSON.stringify(definition)}`)
  }
  const model = `scripted:${place.folder}/replies.json`
  const team = agents.map(({ name }) => ({ agent: `./${name}.mjs`, ...members[name] }))
  // Tasks that wait for a file would use up a longer grace time whenever a daemon ends.
  const limits = { graceMs: 500, ...(config.limits as object | undefined) }
  // The next test's server would take the default port of one that is killed.
  const [port] = await freePorts(1)
  // Most tests are about the planner, which the default strategy leaves out for a team of one agent and a writer.
  const whole = { model, team, nats: { port }, strategy: 'plan', ...config, limits }
  await place.write('bailiwick.config.mjs', `export default ${JSON.stringify(whole)}`)
  const script = async (next: Script) => {
    await place.write('replies.json', next)
  }
  await script(replies)
  const bailiwick = (...args: string[]) => run(args, { cwd: place.folder })
  const connect = async (...envArgs: string[]) =>
    connectFromEnv('test', JSON.parse((await bailiwick('env', '--json', ...envArgs)).stdout))
  return { ...place, script, bailiwick, connect }
}

/** Code that ends its task with this expression. */
export function final(expression: string): string {
  return `<code>\nfinalAnswer(${expression})\n</code>`
}

/** Follows a run from its beginning until an event, and returns all events up to it. */
export async function eventsUntil(bus: Bus, id: string, name: string, task?: string): Promise<CloudEvent[]> {
  const seen: CloudEvent[] = []
  for await (const { event } of followEvents(bus, { from: 'beginning', run: id })) {
    seen.push(event)
    if (eventName(event.type) === name && (task === undefined || event.task === task)) return seen
  }
  throw new Error(`Expected an event ${name} of run ${id}, found the end of the events.`)
}

/** `<name> <task>` of an event. */
export function nameAndTask({ type, task }: CloudEvent): string {
  return `${eventName(type)} ${task}`
}
