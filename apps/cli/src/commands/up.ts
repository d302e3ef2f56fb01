import type { Command } from '../frame/command.ts'
import { EXIT } from '../frame/exit-codes.ts'

export const command: Command = {
  words: '',
  count: [0, 0],
  details: `Starts nats-server (unless NATS_URL or the configuration names one), the toolbox and the team's agents,
and keeps them running. Open runs go on. Ctrl-C lets tasks under way finish for a moment, then ends all.`,
  options: {
    detach: {
      type: 'boolean',
      short: 'd',
      help: 'return when the team is ready; end it with "bailiwick down"',
    },
  },
  async run(context) {
    const { readConfig } = await import('../daemon/use-daemon.ts')
    const { spawnDaemon } = await import('../daemon/spawn-daemon.ts')
    const { findDaemon } = await import('@bailiwick/coordinator/config/daemon-address')
    const config = await readConfig(context)
    const other = findDaemon(config.dataDir)
    if (other !== undefined) {
      const { UsageError } = await import('../frame/usage-error.ts')
      throw new UsageError(
        `a daemon (process ${other.pid}) already runs on ${config.dataDir}: use it, or end it with "bailiwick down"`,
      )
    }
    const daemon = await spawnDaemon({
      dataDir: config.dataDir,
      config: config.file,
      cwd: config.folder,
      env: context.env,
      lifeline: context.options.detach !== true,
      ephemeral: false,
      signal: context.signal,
      note: context.note,
    })
    const { pid, address, missing } = daemon
    if (context.json)
      context.print(JSON.stringify({ pid, url: address.url, dataDir: config.dataDir, missing }))
    else if (missing.length === 0) context.print(`daemon ${pid} is ready at ${address.url}`)
    else context.print(`daemon ${pid} runs at ${address.url} without ${missing.join(', ')}`)
    if (context.options.detach === true) {
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
      context.note(`the daemon has ended; its log is in ${config.dataDir}/logs/daemon.log`)
      return EXIT.error
    }
    context.note('ending; tasks under way get a moment')
    await daemon.stop()
    return EXIT.ok
  },
}
