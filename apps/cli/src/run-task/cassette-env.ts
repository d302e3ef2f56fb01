import { resolve } from 'node:path'
import { findDaemon } from '@bailiwick/coordinator/config/daemon-address'
import type { OptionValues } from '../frame/command.ts'
import { UsageError } from '../frame/usage-error.ts'

/**
 * The environment in which a run's models are recorded or replayed; empty where neither was asked for.
 *
 * @throws UsageError for both at once, for `--replay-by` that says nothing, and where a daemon runs already: its processes have their environment
 */
export function cassetteEnv(options: OptionValues, cwd: string, dataDir: string): Record<string, string> {
  const { record, replay, 'replay-by': by } = options
  if (by !== undefined && typeof replay !== 'string') {
    throw new UsageError('--replay-by goes with --replay <file>')
  }
  if (by !== undefined && by !== 'strict' && by !== 'lane') {
    throw new UsageError(`unknown --replay-by "${by}": wanted strict or lane`)
  }
  if (typeof record !== 'string' && typeof replay !== 'string') return {}
  if (record !== undefined && replay !== undefined) {
    throw new UsageError('--record and --replay exclude each other: a cassette is written, or read')
  }
  const daemon = findDaemon(dataDir)
  if (daemon !== undefined) {
    throw new UsageError(
      `--${record === undefined ? 'replay' : 'record'} needs a daemon of the run's own, and one runs already (process ${daemon.pid}): end it with "bailiwick down" first`,
    )
  }
  return {
    ...(typeof record === 'string' && { BAILIWICK_MODEL_RECORD: resolve(cwd, record) }),
    ...(typeof replay === 'string' && { BAILIWICK_MODEL_REPLAY: resolve(cwd, replay) }),
    ...(by !== undefined && { BAILIWICK_MODEL_REPLAY_BY: by }),
  }
}
