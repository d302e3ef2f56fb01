import { type ChildProcess, fork } from 'node:child_process'
import { closeSync, openSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { BailiwickError } from '@bailiwick/contract'
import type { DaemonAddress } from '@bailiwick/coordinator/config/daemon-address'
import { dataPaths, makeDataDir } from '@bailiwick/coordinator/config/data-dir'
import type { DaemonMessage } from '@bailiwick/coordinator/daemon-message'

export interface SpawnOptions {
  dataDir: string
  config?: string | undefined
  cwd: string
  env: NodeJS.ProcessEnv
  /** It ends when this process does, however that ends. */
  lifeline: boolean
  /** It lives for one run. */
  ephemeral: boolean
  /** Gives up starting it. */
  signal: AbortSignal
  note(line: string): void
}

/** A daemon that this command has started. */
export interface SpawnedDaemon {
  readonly address: DaemonAddress
  readonly pid: number
  /** Names of the team's processes that did not start. */
  readonly missing: readonly string[]
  /** Settles when the process has ended; true where it ended in order. */
  readonly ended: Promise<boolean>
  /** Asks it to end everything, and waits until it has. */
  stop(): Promise<void>
  /** Lets it live on without this process. */
  detach(): void
}

/**
 * Starts a daemon in a process group of its own, so that Ctrl-C reaches the command alone, and waits until
 * it is ready.
 *
 * @throws BailiwickError with the daemon's own message where it could not start
 */
export async function spawnDaemon(options: SpawnOptions): Promise<SpawnedDaemon> {
  const { dataDir, config, cwd, env, lifeline, ephemeral, signal } = options
  makeDataDir(dataDir)
  const log = openSync(dataPaths.log(dataDir, 'daemon'), 'a', 0o600)
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
  const giveUp = () => child.kill('SIGTERM')
  signal.addEventListener('abort', giveUp, { once: true })
  const { address, missing } = await untilReady(child, ended, options)
  signal.removeEventListener('abort', giveUp)
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
  // It cleans up before it ends: only then is the failure told, so that nothing is left running by then.
  ended.then(() =>
    reject(
      signal.aborted
        ? signal.reason
        : (failure ?? new BailiwickError('daemon', 'the daemon ended before it was ready')),
    ),
  )
  return promise
}
