import { expect, it } from 'vitest'
import { useBubblewrap } from '../../src/testing/use-bubblewrap.ts'
import { runAlone } from '../run-alone.ts'
import type { Pause } from './run-pauses.ts'

await useBubblewrap()

/** CPU time of the main thread at a stretch, on an idle machine, ms. */
const MAX_PAUSE_MS = 10
/** Reading the keys of an object that a tool returned is one operation of the engine: 70,000 take it about 10 ms. */
const EXCEPT = /^result.*: many keys$/

it('no value of a guest or a tool makes the host pause for long, in either direction', async ({ signal }) => {
  const pauses = (await runAlone('hostile/run-pauses.ts', signal)) as Pause[]
  expect(pauses.length).toBeGreaterThan(200)
  const long = pauses.filter(({ pauseMs, what }) => pauseMs > MAX_PAUSE_MS && !EXCEPT.test(what))
  expect(long).toEqual([])
  expect(pauses.filter(({ status }) => status.startsWith('rejected'))).toEqual([])
}, 600_000)
