import { type Bus, registerTool, serveTool, unregisterTool } from '@bailiwick/bus'
import { InputError, type Tool } from '@bailiwick/contract'

export interface HostToolsOptions {
  /** Who hosts, as the registry shows it; also whose bucket takes results over 128 KB. Default: the connection's user. */
  host?: string
  /** Leaves the tools in the registry when this is disposed: another process hosts them, or will again. */
  keepCards?: boolean
  /** Ends all calls under way. */
  signal?: AbortSignal
}

/**
 * Hosts tools on the bus until disposed: serves them, then makes them known. Several processes may host
 * the same tools; they share the calls. Disposing lets calls under way finish.
 *
 * @throws InputError when the connection has no user and no `host` is given.
 * @example
 * await using bus = await connectFromEnv('geography')
 * await using hosted = await hostTools(bus, await toolsFromModule('geography.ts'))
 */
export async function hostTools(
  bus: Bus,
  tools: readonly Tool[],
  options: HostToolsOptions = {},
): Promise<AsyncDisposable> {
  const host = options.host ?? bus.user
  if (host === undefined)
    throw new InputError('this connection has no user: say who hosts the tools (option host)')
  const { signal, keepCards = false } = options
  await using started = new AsyncDisposableStack()
  for (const tool of tools) {
    started.use(await serveTool(bus, tool, { writer: host, ...(signal !== undefined && { signal }) }))
  }
  // Known only once it is served: a call that comes at once finds somebody.
  for (const tool of tools) {
    await registerTool(bus, tool, { host, signs: true })
    if (!keepCards) started.defer(() => unregisterTool(bus, tool.name))
  }
  return started.move()
}
