import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { useBubblewrap } from '@bailiwick/sandbox/testing'
import { expect, it } from 'vitest'
import type { TaskPause } from './run-pauses.ts'

await useBubblewrap()

/** CPU time of the main thread at a stretch, on an idle machine, ms. */
const MAX_PAUSE_MS = 10

it('no argument, result or answer of a task makes its host pause for long', async ({ signal }) => {
  const script = join(import.meta.dirname, 'run-pauses.ts')
  const options = { signal, killSignal: 'SIGKILL' } as const
  const { stdout } = await promisify(execFile)(process.execPath, [...process.execArgv, script], options)
  const pauses = JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as TaskPause[]
  expect(pauses.length).toBeGreaterThan(10)
  expect(pauses.filter(({ pauseMs, status }) => pauseMs > MAX_PAUSE_MS || status !== 'completed')).toEqual([])
}, 300_000)
