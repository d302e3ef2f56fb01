import { isAbsolute } from 'node:path'
import { InputError } from '@bailiwick/contract'
import type { Source } from '../source.ts'
import { readCassette } from './cassette-file.ts'
import { recordSource } from './record.ts'
import { openReplay, type Replay, replaySource } from './replay.ts'
import type { Matching } from './request-key.ts'

/** By matching and file: all models of a process share the count of served responses. */
const replays = new Map<string, Promise<Replay>>()

/** True if responses come from a cassette, so that no API key is needed. */
export function isReplayed(env: NodeJS.ProcessEnv): boolean {
  return Boolean(env.BAILIWICK_MODEL_REPLAY)
}

/**
 * Records or replays a served model if the environment asks for it: `BAILIWICK_MODEL_RECORD=<file>`, or
 * `BAILIWICK_MODEL_REPLAY=<file>` with `BAILIWICK_MODEL_REPLAY_BY=lane` if prompts may have changed since.
 *
 * @throws InputError for both at once, a relative path, an unknown matching, or an unreadable cassette.
 */
export async function withCassette(source: Source, env: NodeJS.ProcessEnv): Promise<Source> {
  const { BAILIWICK_MODEL_RECORD: record, BAILIWICK_MODEL_REPLAY: replay } = env
  if (record && replay) {
    throw new InputError(
      'Expected BAILIWICK_MODEL_RECORD or BAILIWICK_MODEL_REPLAY, not both. Unset one of them.',
    )
  }
  if (record) return recordSource(source, absolute(record))
  if (!replay) return source
  const matching = matchingOf(env.BAILIWICK_MODEL_REPLAY_BY || 'strict')
  return replaySource(source, await sharedReplay(absolute(replay), matching))
}

/** Every agent process has its own working folder, so a relative path would name a different file in each. */
function absolute(file: string): string {
  if (isAbsolute(file)) return file
  throw new InputError(
    `Expected an absolute path of a cassette, found "${file}". Every process has its own working folder.`,
  )
}

function matchingOf(word: string): Matching {
  if (word === 'strict' || word === 'lane') return word
  throw new InputError(`Expected BAILIWICK_MODEL_REPLAY_BY to be strict or lane, found "${word}".`)
}

function sharedReplay(file: string, matching: Matching): Promise<Replay> {
  const key = `${matching} ${file}`
  const known = replays.get(key)
  if (known !== undefined) return known
  const opened = readCassette(file).then((entries) => openReplay(entries, matching, file))
  replays.set(key, opened)
  // Forget a failure, so that a repaired file can be read.
  opened.catch(() => replays.delete(key))
  return opened
}
