import {
  type Bus,
  type CloudEvent,
  connectBus,
  eventType,
  permissionsFor,
  prepareStreams,
  publishEvent,
  type RoleGrant,
  type RunDetails,
  type RunRequest,
  serveFiles,
  serveRuns,
  userName,
} from '@bailiwick/bus'
import { readCredentials } from '@bailiwick/nats-server'
import { startTestServer } from '@bailiwick/nats-server/testing'
import { type Client, connect } from '../src/connect.ts'

const NO_USAGE = { inputTokens: 0, cachedTokens: 0, outputTokens: 0, reasoningTokens: 0, replies: 0, cost: 0 }

/** A real NATS server and a stand-in for a coordinator, which admits runs and ends them on request. */
export interface Bed extends AsyncDisposable {
  /** The coordinator's connection. */
  readonly coordinator: Bus
  /** The first submission of each run. */
  readonly submitted: Map<string, RunRequest<'submit'>>
  readonly decided: RunRequest<'decide'>[]
  end(run: string, status: 'completed' | 'canceled'): Promise<void>
  connectOptions(grant: RoleGrant): Promise<{ url: string; creds: string }>
  /** Makes the server reject credentials. */
  revoke(creds: string): Promise<void>
  connect(grant: RoleGrant): Promise<Client>
}

export async function startBed(): Promise<Bed> {
  const stack = new AsyncDisposableStack()
  const server = stack.use(await startTestServer())
  const connectOptions = async (grant: RoleGrant) => {
    const { creds } = await server.credentials({ name: userName(grant), permissions: permissionsFor(grant) })
    return { url: server.url, creds }
  }
  const coordinator = await connectBus({
    ...(await connectOptions({ role: 'coordinator' })),
    name: 'coordinator',
  })
  stack.defer(() => coordinator.close())
  await prepareStreams(coordinator)
  stack.use(await serveFiles(coordinator))

  const submitted: Bed['submitted'] = new Map()
  const decided: Bed['decided'] = []
  const ended = new Map<string, 'completed' | 'canceled'>()
  const owners = new Map<string, string>()
  let count = 0
  const publish = (run: string, name: 'run.submitted' | 'run.ended', data: CloudEvent['data']) =>
    publishEvent(coordinator, {
      specversion: '1.0',
      id: `${++count}.0`,
      source: '/bailiwick/coordinator',
      type: eventType(name),
      subject: `${run}/run`,
      time: new Date().toISOString(),
      datacontenttype: 'application/json',
      owner: owners.get(run) ?? 'user',
      run,
      task: 'run',
      agent: 'coordinator',
      data,
    })
  const end = async (run: string, status: 'completed' | 'canceled') => {
    ended.set(run, status)
    await publish(run, 'run.ended', { status, usage: NO_USAGE, artifacts: [] })
  }
  const view = (run: string): RunDetails => {
    const status = ended.get(run)
    const result = status && { status, answer: 42, usage: NO_USAGE, artifacts: [] }
    const text = submitted.get(run)?.text ?? ''
    const base = {
      run,
      text,
      submittedAt: 1,
      strategy: 'plan' as const,
      tasks: [],
      agents: [],
      asked: [],
      unreadable: [],
      unusedDecisions: [],
    }
    return result === undefined ? { ...base, status: 'working' } : { ...base, status: result.status, result }
  }
  stack.use(
    await serveRuns(coordinator, {
      async submit(request, owner) {
        const duplicate = submitted.has(request.run)
        if (!duplicate) {
          submitted.set(request.run, request)
          owners.set(request.run, owner)
          await publish(request.run, 'run.submitted', {})
        }
        return { run: request.run, duplicate }
      },
      get: async ({ run }) => view(run),
      list: async ({ limit }) => ({ runs: [...submitted.keys()].slice(0, limit).map(view) }),
      async cancel({ run }) {
        await end(run, 'canceled')
        return { run, status: 'canceled' }
      },
      async decide(request) {
        decided.push(request)
        return { accepted: request.decision === 'approve' }
      },
    }),
  )
  return {
    coordinator,
    submitted,
    decided,
    end,
    connectOptions,
    revoke: async (creds) => server.revoke((await readCredentials(creds))?.publicKey ?? ''),
    async connect(grant) {
      const client = await connect(await connectOptions(grant))
      stack.defer(() => client.close())
      return client
    },
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  }
}
