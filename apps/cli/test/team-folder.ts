import { type Scratch, scratch } from '@bailiwick/coordinator/testing/scratch'
import { useBubblewrap } from '@bailiwick/sandbox/testing'

/** Replies by agent, task and step, as `scripted:<file>` takes them. */
export type Script = Record<string, Record<string, (string | { text: string; delayMs: number })[]>>

/** A folder with a configuration, agents, and the replies of a scripted model. */
export interface TeamFolder extends Scratch {
  /** Changes the replies; agents read them when a host starts. */
  script(replies: Script): Promise<void>
}

/** Any agent that a test needs, as its file's default export. */
export interface TestAgent {
  name: string
  level: number
  [field: string]: unknown
}

/** A plan as the planner would reply it. */
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
  await place.write('bailiwick.config.mjs', `export default ${JSON.stringify({ model, team, ...config })}`)
  const script = async (next: Script) => {
    await place.write('replies.json', next)
  }
  await script(replies)
  return { ...place, script }
}

/** Code that ends its task with this expression. */
export function final(expression: string): string {
  return `<code>\nfinalAnswer(${expression})\n</code>`
}
