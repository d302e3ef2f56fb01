import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import {
  type Bus,
  connectBus,
  listTools,
  openJournal,
  permissionsFor,
  prepareQueue,
  prepareStreams,
  type RoleGrant,
  remoteTool,
  ringTask,
  serveFiles,
  userName,
} from '@bailiwick/bus'
import type { CallContext, TaskSpec } from '@bailiwick/contract'
import { startTestServer } from '@bailiwick/nats-server/testing'
import { hostTools } from '../src/host/host-tools.ts'
import { type ToolboxLimits, toolbox } from '../src/toolbox/toolbox.ts'
import { TOOLBOX_TOOLS } from '../src/toolbox/toolbox-tools.ts'

/** A real server, and agents that may call the toolbox. */
export interface ToolboxBed extends AsyncDisposable {
  readonly coordinator: Bus
  /** Hosts the toolbox in this process. */
  host(limits: ToolboxLimits): Promise<void>
  /** Starts the toolbox as a process of its own, and waits until it is ready. */
  startProcess(): Promise<ChildProcess>
  /** Creates a task like the coordinator. */
  createTask(spec: Partial<TaskSpec> & { run: string; task: string; agent: string }): Promise<void>
  /** Calls a tool like an agent's host. */
  call(agent: string, tool: string, input: unknown, context: Partial<CallContext>): Promise<unknown>
}

export async function startToolboxBed(): Promise<ToolboxBed> {
  const stack = new AsyncDisposableStack()
  try {
    return await fillBed(stack)
  } catch (error) {
    await stack.disposeAsync()
    throw error
  }
}

async function fillBed(stack: AsyncDisposableStack): Promise<ToolboxBed> {
  const server = stack.use(await startTestServer())
  const connect = async (grant: RoleGrant) => {
    const { creds } = await server.credentials({ name: userName(grant), permissions: permissionsFor(grant) })
    const bus = await connectBus({ url: server.url, creds, name: userName(grant) })
    stack.defer(() => bus.close())
    return bus
  }
  const env = async (grant: RoleGrant) => {
    const { creds } = await server.credentials({ name: userName(grant), permissions: permissionsFor(grant) })
    const file = join(server.dataDir, `${userName(grant)}.creds`)
    await writeFile(file, creds, { mode: 0o600 })
    return { NATS_URL: server.url, NATS_CREDS: file }
  }
  const coordinator = await connect({ role: 'coordinator' })
  await prepareStreams(coordinator)
  const agents = new Map<string, Bus>()
  for (const agent of ['analyst', 'writer']) {
    await prepareQueue(coordinator, agent)
    agents.set(agent, await connect({ role: 'host', agent, level: 5, tools: TOOLBOX_TOOLS }))
  }
  const role: RoleGrant = { role: 'toolbox', tools: TOOLBOX_TOOLS }

  return {
    coordinator,
    async host(limits) {
      const bus = await connect(role)
      stack.use(await serveFiles(bus))
      stack.use(await hostTools(bus, toolbox(bus, limits), { host: 'toolbox' }))
    },
    async startProcess() {
      const started = startToolbox(await env(role))
      stack.defer(async () => {
        if (started.exitCode === null && started.kill('SIGKILL')) await once(started, 'exit')
      })
      await saysReady(started)
      return started
    },
    async createTask(spec) {
      const { run, task, agent } = spec
      const created = {
        owner: 'user',
        name: 't1',
        text: 'look at the data',
        inputs: [],
        results: {},
        grant: { level: 5, tools: [], delegates: [], imports: [], budget: {}, approval: 'never' },
        seed: 's',
        depth: 0,
        ...spec,
      } satisfies TaskSpec
      const journal = openJournal(coordinator, { writer: agent, run, task })
      await journal.append([{ type: 'task.created', at: Date.now(), ...created }])
      await ringTask(coordinator, { agent, run, task, ring: 1 })
    },
    async call(agent, tool, input, { id = '1.1', ...context }) {
      const bus = agents.get(agent)
      const card = (await listTools(coordinator)).find((each) => each.card.name === tool)?.card
      if (bus === undefined || card === undefined) throw new Error(`no agent ${agent} or no tool ${tool}`)
      const { signal } = new AbortController()
      const key = `${context.task}/${id}`
      const whole = { id, key, caller: agent, run: 'r1', task: 'r1-t1', signal, ...context }
      return remoteTool(bus, card, agent).run(input, whole)
    },
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  }
}

export function startToolbox(env: Record<string, string>): ChildProcess {
  const main = new URL('../src/host/toolbox-main.ts', import.meta.url).pathname
  return spawn(process.execPath, [...process.execArgv, main], { env, stdio: ['ignore', 'pipe', 'pipe'] })
}

/** Waits for the process's first line. */
async function saysReady(process: ChildProcess): Promise<void> {
  let complaint = ''
  process.stderr?.on('data', (chunk) => {
    complaint += chunk
  })
  const ended = once(process, 'exit').then(() => {
    throw new Error(`the toolbox exited: ${complaint}`)
  })
  await Promise.race([once(process.stdout ?? process, 'data'), ended])
}
