import type { CommandContext } from '../command/define-command.ts'
import { EXIT } from '../command/exit-codes.ts'
import { UsageError } from '../command/usage-error.ts'

export async function execute(context: CommandContext<object, { detach: boolean }>): Promise<number> {
  const { readConfig } = await import('../daemon/use-daemon.ts')
  const { spawnDaemon } = await import('../daemon/spawn-daemon.ts')
  const { findDaemon } = await import('@bailiwick/coordinator/config/daemon-address')
  const { detach } = context.options
  const config = await readConfig(context)
  const running = findDaemon(config.dataDir)
  if (running !== undefined) {
    const { isResponding, silentError } = await import('../daemon/ask-local.ts')
    // A daemon that has just ended counts as running for a moment.
    if (!(await isResponding(running).catch(() => true))) throw silentError(running)
    throw new UsageError(
      `A daemon (process ${running.pid}) is already running on ${config.dataDir}. Use it, or end it with "bailiwick down".`,
    )
  }
  const daemon = await spawnDaemon({
    dataDir: config.dataDir,
    config: config.file,
    cwd: config.folder,
    env: context.env,
    lifeline: !detach,
    ephemeral: false,
    signal: context.signal,
    note: context.note,
  })
  const { pid, address, missing } = daemon
  if (context.json) context.print(JSON.stringify({ pid, url: address.url, dataDir: config.dataDir, missing }))
  else if (missing.length === 0) context.print(`daemon ${pid} is ready at ${address.url}`)
  else context.print(`daemon ${pid} is running at ${address.url} without ${missing.join(', ')}`)
  if (detach) {
    daemon.detach()
    return EXIT.ok
  }
  const interrupted = new Promise<'interrupted'>((resolve) => {
    if (context.signal.aborted) resolve('interrupted')
    context.signal.addEventListener('abort', () => resolve('interrupted'), { once: true })
  })
  const first = await Promise.race([interrupted, daemon.ended.then(() => 'ended' as const)])
  if (first === 'ended') {
    const { endLeftovers } = await import('../daemon/end-leftovers.ts')
    await endLeftovers(config.dataDir)
    context.note(`The daemon ended. Its log is ${config.dataDir}/logs/daemon.log.`)
    return EXIT.error
  }
  context.note('Shutting down. Working tasks get a moment to finish.')
  await daemon.stop()
  return EXIT.ok
}
