import { fork } from 'node:child_process'
import { extname, join, sep } from 'node:path'
import { DefinitionError, SOURCE_FLAGS } from '@bailiwick/contract'
import type { AgentDescription, DescribeMessage } from './describe-child.ts'

/** Next to this file, in source and in the build. */
const CHILD = join(import.meta.dirname, `describe-child${extname(import.meta.filename)}`)
const MAX_MS = 30_000
/** Agents that one process describes at most: it describes them one after the other. */
const MAX_TOGETHER = 50

/** An agent that was found, but not loaded yet. */
export interface FoundAgent {
  spec: string
  file: string
  /** The folder of its package. */
  folder: string
}

/**
 * Describes agents in separate processes that get nothing of this process's environment. Starting a process takes longer
 * than loading a definition, so the agents of one folder share one: they are parts of one project. An installed package
 * gets a process of its own, because it could change what others say about themselves.
 *
 * @returns the descriptions, in the order of the agents
 * @throws DefinitionError for an agent that cannot be loaded or whose definition is invalid
 */
export async function describeAgents(
  agents: readonly FoundAgent[],
  signal: AbortSignal,
): Promise<AgentDescription[]> {
  const isInstalled = ({ file }: FoundAgent) => file.includes(`${sep}node_modules${sep}`)
  const groups = Map.groupBy(agents, (agent) => (isInstalled(agent) ? agent.file : agent.folder))
  const described = new Map<FoundAgent, AgentDescription>()
  await Promise.all(
    [...groups.values()].flatMap(inParts).map(async (group) => {
      const messages = group.length === 1 ? [] : await describeTogether(group, signal).catch(() => [])
      await Promise.all(
        group.map(async (agent, index) => {
          const message = messages[index]
          const known = message === undefined || 'error' in message ? undefined : message
          // Alone, so that nothing but the agent itself is the reason of its error.
          described.set(agent, known ?? (await describeAgent(agent, signal)))
        }),
      )
    }),
  )
  return agents.flatMap((agent) => described.get(agent) ?? [])
}

function inParts(group: readonly FoundAgent[]): FoundAgent[][] {
  const count = Math.ceil(group.length / MAX_TOGETHER)
  return Array.from({ length: count }, (_, part) =>
    group.slice(part * MAX_TOGETHER, (part + 1) * MAX_TOGETHER),
  )
}

/**
 * Describes one agent in a process of its own.
 *
 * @throws DefinitionError if it cannot be loaded or its definition is invalid
 */
export async function describeAgent(agent: FoundAgent, signal: AbortSignal): Promise<AgentDescription> {
  const fail = (reason: string): never => {
    throw new DefinitionError(`Cannot use agent "${agent.spec}": ${reason}\n  (${agent.file})`)
  }
  const [message] = await describeTogether([agent], signal).catch((error: unknown) => {
    signal.throwIfAborted()
    return fail(error instanceof Error ? error.message : String(error))
  })
  if (message === undefined) return fail('it was not described')
  return 'error' in message ? fail(message.error) : message
}

/** @throws Error with the reason if the process ends before it has described all of them, or takes too long */
function describeTogether(agents: readonly FoundAgent[], signal: AbortSignal): Promise<DescribeMessage[]> {
  const child = fork(
    CHILD,
    agents.map(({ file }) => file),
    {
      cwd: agents[0]?.folder,
      env: { PATH: process.env.PATH ?? '' },
      execArgv: [
        ...SOURCE_FLAGS,
        '--disable-warning=ExperimentalWarning',
        '--disable-warning=MODULE_TYPELESS_PACKAGE_JSON',
      ],
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
      signal: AbortSignal.any([signal, AbortSignal.timeout(MAX_MS)]),
    },
  )
  let printed = ''
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    printed = (printed + text).slice(-4_000)
  })
  const { promise, resolve, reject } = Promise.withResolvers<DescribeMessage[]>()
  const messages: DescribeMessage[] = []
  child.on('message', (message: DescribeMessage) => {
    messages.push(message)
    if (messages.length === agents.length) resolve(messages)
  })
  child.once('error', (error) => {
    if (signal.aborted) reject(signal.reason)
    else if (error.name !== 'AbortError') reject(error)
    else reject(new Error(`it did not load within ${MAX_MS / 1_000} s`, { cause: error }))
  })
  // "exit" may arrive before the last message, "close" does not. After the last message it has no effect.
  child.once('close', (code) =>
    reject(new Error(`it exited with ${code} while it was loaded. ${lastLine(printed)}`.trim())),
  )
  return promise
}

function lastLine(text: string): string {
  return text.trim().split('\n').at(-1) ?? ''
}
