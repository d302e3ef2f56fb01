import { type Bus, registerTool, serveTool, unregisterTool } from '@bailiwick/bus'
import { InputError, type Tool } from '@bailiwick/contract'

export interface HostToolsOptions {
  /** The host's name in the registry and in requests for files. Default: the connection's user. */
  host?: string
  /** Keeps the tools in the registry after disposal, because another process hosts them or this one restarts. */
  keepCards?: boolean
  /** Aborts all open calls. */
  signal?: AbortSignal
}

/**
 * Hosts tools on the bus until it is disposed of: serves them, then registers them. Several processes may host the same
 * tools and share the calls. Disposal lets open calls finish.
 *
 * @throws InputError if the connection has no user and there is no `host`
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
    throw new InputError('expected a connection of a user, found none: set the option host')
  const { signal, keepCards = false } = options
  await using started = new AsyncDisposableStack()
  for (const tool of tools) {
    started.use(await serveTool(bus, tool, { host, ...(signal !== undefined && { signal }) }))
  }
  // Registered only after it is served, so that an immediate call finds a host.
  for (const tool of tools) {
    await registerTool(bus, tool, { host, signs: true })
    if (!keepCards) started.defer(() => unregisterTool(bus, tool.name))
  }
  return started.move()
}
