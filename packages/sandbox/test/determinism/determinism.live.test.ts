import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { createSandbox } from '../../src/index.ts'
import { useBubblewrap } from '../../src/testing/use-bubblewrap.ts'
import { runAlone } from '../run-alone.ts'
import { CONCURRENCY, PROGRAMS_PER_WORLD, type RecordedWorld, recordWorld } from './record.ts'

await useBubblewrap()

const PROGRAMS = 1_000
const folder = mkdtempSync(join(tmpdir(), 'bailiwick-record-'))
afterAll(() => rmSync(folder, { recursive: true }))

describe('the same inputs in the same order', () => {
  it(`produce the same worlds for ${PROGRAMS} random programs, live and replayed in another process`, async ({
    signal,
  }) => {
    const worlds: RecordedWorld[] = []
    {
      await using sandbox = await createSandbox({ pool: CONCURRENCY })
      let next = 0
      await Promise.all(
        Array.from({ length: CONCURRENCY }, async () => {
          while (next < PROGRAMS) {
            const seed = next
            next += PROGRAMS_PER_WORLD
            worlds.push(await recordWorld(sandbox, seed))
          }
        }),
      )
    }
    expect(worlds.flatMap(({ steps }) => steps).filter(({ seen }) => seen.worldHash === undefined)).toEqual(
      [],
    )
    const file = join(folder, 'worlds.json')
    writeFileSync(file, JSON.stringify(worlds))
    expect(await runAlone('determinism/run-replay.ts', signal, { args: [file] })).toEqual({
      different: [],
      count: 0,
      calls: 0,
    })
  }, 600_000)
})
