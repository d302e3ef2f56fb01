import { resolve } from 'node:path'
import { findDaemon } from '@bailiwick/coordinator/config/daemon-address'
import { UsageError } from '../command/usage-error.ts'

export interface CassetteOptions {
  record: string | undefined
  replay: string | undefined
  replayBy: 'strict' | 'lane' | undefined
}

/**
 * Returns the variables that make a run's models record or replay responses.
 *
 * @throws UsageError if the options exclude each other, or if a daemon is running already: the variables cannot reach
 *   its processes
 */
export function cassetteEnv(
  { record, replay, replayBy }: CassetteOptions,
  cwd: string,
  dataDir: string,
): Record<string, string> {
  if (replayBy !== undefined && replay === undefined) {
    throw new UsageError('--replay-by needs a cassette. Add --replay <file>.')
  }
  if (record === undefined && replay === undefined) return {}
  if (record !== undefined && replay !== undefined) {
    throw new UsageError('Expected --record or --replay, found both. Remove one of them.')
  }
  const daemon = findDaemon(dataDir)
  if (daemon !== undefined) {
    throw new UsageError(
      `--${record === undefined ? 'replay' : 'record'} needs a daemon of its own, but a daemon (process ${daemon.pid}) is running. End it with "bailiwick down" first.`,
    )
  }
  return {
    ...(record !== undefined && { BAILIWICK_MODEL_RECORD: resolve(cwd, record) }),
    ...(replay !== undefined && { BAILIWICK_MODEL_REPLAY: resolve(cwd, replay) }),
    ...(replayBy !== undefined && { BAILIWICK_MODEL_REPLAY_BY: replayBy }),
  }
}
