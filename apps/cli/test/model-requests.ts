import { type ReplyChooser, startOpenAiServer } from '@bailiwick/models/testing'
import { bareEnv, lastJson, run } from './program.ts'
import { type TestAgent, teamFolder, WORKER_AND_WRITER } from './team-folder.ts'

/** A request that the model server received: the system prompt, and all other messages as one text. */
export interface SentRequest {
  agent: string
  system: string
  user: string
  format: unknown
}

export interface RequestOptions {
  agents?: TestAgent[]
  strategy?: string
  args?: string[]
}

/** Runs a request with a real model server that replies by agent, in order, and returns what the server received. */
export async function requestsOf(
  request: string,
  replies: Record<string, string | readonly string[]>,
  { agents = WORKER_AND_WRITER, strategy = 'auto', args = [] }: RequestOptions = {},
) {
  const agentOf = (system: string) => /^You are ([\w-]+)\./.exec(system)?.[1] ?? ''
  const asked = new Map<string, number>()
  const reply: ReplyChooser = ({ messages }) => {
    const agent = agentOf(messages[0]?.content ?? '')
    const number = asked.get(agent) ?? 0
    asked.set(agent, number + 1)
    const its = [replies[agent] ?? 'no reply'].flat()
    return its[Math.min(number, its.length - 1)] ?? ''
  }
  await using server = await startOpenAiServer({ reply })
  await using place = await teamFolder({}, { agents, config: { model: 'openai/test-model', strategy } })
  const env = bareEnv({ OPENAI_BASE_URL: `${server.url}/v1`, OPENAI_API_KEY: 'none' })
  const ended = await run(['run', request, '--json', ...args], { cwd: place.folder, env })
  const requests = server.requests.map(({ messages, response_format: format }): SentRequest => {
    const [{ content: system }, ...rest] = messages as [{ content: string }, ...{ content: string }[]]
    return { agent: agentOf(system), system, user: rest.map(({ content }) => content).join('\n\n'), format }
  })
  return { code: ended.code, last: lastJson(ended), requests, order: requests.map(({ agent }) => agent) }
}
