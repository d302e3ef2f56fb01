import { isAbsolute } from 'node:path'
import { InputError } from '@bailiwick/contract'
import type { Source } from '../source.ts'
import { readCassette } from './read-cassette.ts'
import { recordSource } from './record.ts'
import { openReplay, type Replay, replaySource } from './replay.ts'
import type { Matching } from './request-key.ts'

/** By file and matching: models of one process share what was served. */
const replays = new Map<string, Promise<Replay>>()

/** Whether responses come from a cassette: then no key is needed. */
export function isReplayed(env: NodeJS.ProcessEnv): boolean {
  return Boolean(env.BAILIWICK_MODEL_REPLAY)
}

/**
 * A served model that records or replays where the environment asks for it: `BAILIWICK_MODEL_RECORD=<file>`;
 * `BAILIWICK_MODEL_REPLAY=<file>`, with `BAILIWICK_MODEL_REPLAY_BY=lane` for prompts that may have changed since.
 *
 * @throws InputError for both at once, a path that is not absolute, an unknown way of matching, a cassette
 * that cannot be read.
 */
export async function withCassette(source: Source, env: NodeJS.ProcessEnv): Promise<Source> {
  const { BAILIWICK_MODEL_RECORD: record, BAILIWICK_MODEL_REPLAY: replay } = env
  if (record && replay)
    throw new InputError('Set BAILIWICK_MODEL_RECORD or BAILIWICK_MODEL_REPLAY, not both.')
  if (record) return recordSource(source, absolute(record))
  if (!replay) return source
  const matching = matchingOf(env.BAILIWICK_MODEL_REPLAY_BY || 'strict')
  return replaySource(source, await sharedReplay(absolute(replay), matching))
}

/** Agents run in folders of their own: a relative path would be another file in each. */
function absolute(file: string): string {
  if (isAbsolute(file)) return file
  throw new InputError(`The cassette "${file}" needs an absolute path: every process has its own folder.`)
}

function matchingOf(word: string): Matching {
  if (word === 'strict' || word === 'lane') return word
  throw new InputError(`BAILIWICK_MODEL_REPLAY_BY is "${word}": wanted strict or lane.`)
}

function sharedReplay(file: string, matching: Matching): Promise<Replay> {
  const key = `${matching} ${file}`
  const known = replays.get(key)
  if (known !== undefined) return known
  const opened = readCassette(file).then((entries) => openReplay(entries, matching, file))
  replays.set(key, opened)
  // What could not be read may be mended later.
  opened.catch(() => replays.delete(key))
  return opened
}
