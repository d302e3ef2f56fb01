import { type ChildProcess, fork } from 'node:child_process'
import { closeSync, openSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { BailiwickError } from '@bailiwick/contract'
import type { DaemonAddress } from '@bailiwick/coordinator/config/daemon-address'
import { dataPaths, makeDataDir } from '@bailiwick/coordinator/config/data-dir'
import { whenSpace } from '@bailiwick/coordinator/config/disk-space'
import type { DaemonMessage } from '@bailiwick/coordinator/daemon-message'

export interface SpawnOptions {
  dataDir: string
  config?: string | undefined
  cwd: string
  env: NodeJS.ProcessEnv
  /** The daemon ends when this process ends, in any way. */
  lifeline: boolean
  /** The daemon serves one run. */
  ephemeral: boolean
  /** Aborts the start. */
  signal: AbortSignal
  note(line: string): void
}

/** A daemon that this command started. */
export interface SpawnedDaemon {
  readonly address: DaemonAddress
  readonly pid: number
  /** Names of the team's processes that did not start. */
  readonly missing: readonly string[]
  /** Resolves when the process has ended: true if it shut down in order. */
  readonly ended: Promise<boolean>
  /** Shuts the daemon and its processes down, and waits until they have ended. */
  stop(): Promise<void>
  /** Lets the daemon live longer than this process. */
  detach(): void
}

/**
 * Starts a daemon and waits until it is ready. The daemon has its own process group, so that Ctrl-C reaches only the
 * command.
 *
 * @throws BailiwickError with the daemon's own code and message if it could not start
 */
export async function spawnDaemon(options: SpawnOptions): Promise<SpawnedDaemon> {
  const { dataDir, config, cwd, env, lifeline, ephemeral, signal, note } = options
  const log = await whenSpace(dataDir, { note, signal }, () => {
    makeDataDir(dataDir)
    return openSync(dataPaths.log(dataDir, 'daemon'), 'a', 0o600)
  })
  const child = fork(
    fileURLToPath(import.meta.resolve('@bailiwick/coordinator/main')),
    [
      ...(config === undefined ? [] : ['--config', config]),
      ...['--data-dir', dataDir],
      ...(lifeline ? ['--lifeline'] : []),
      ...(ephemeral ? ['--ephemeral'] : []),
    ],
    { cwd, env, detached: true, stdio: ['ignore', log, log, 'ipc'] },
  )
  closeSync(log)
  const ended = new Promise<boolean>((resolve) => child.once('exit', (code) => resolve(code === 0)))
  const abort = () => child.kill('SIGTERM')
  signal.addEventListener('abort', abort, { once: true })
  const { address, missing } = await untilReady(child, ended, options)
  signal.removeEventListener('abort', abort)
  return {
    address,
    pid: address.pid,
    missing,
    ended,
    async stop() {
      child.kill('SIGTERM')
      await ended
    },
    detach() {
      child.disconnect()
      child.unref()
    },
  }
}

async function untilReady(
  child: ChildProcess,
  ended: Promise<boolean>,
  { note, signal }: SpawnOptions,
): Promise<Pick<SpawnedDaemon, 'address' | 'missing'>> {
  const { promise, resolve, reject } = Promise.withResolvers<Pick<SpawnedDaemon, 'address' | 'missing'>>()
  let failure: BailiwickError | undefined
  child.on('message', (message: DaemonMessage) => {
    if (message.kind === 'note') note(message.line)
    else if (message.kind === 'ready') resolve(message)
    else failure = new BailiwickError(message.code, message.message)
  })
  // The daemon cleans up before it ends. Reject only then, so that nothing is running when the caller sees the error.
  ended.then(() =>
    reject(
      signal.aborted
        ? signal.reason
        : (failure ??
            new BailiwickError(
              'daemon',
              'The daemon ended before it was ready. Its log is in the data directory.',
            )),
    ),
  )
  return promise
}
