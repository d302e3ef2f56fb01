import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { createSandbox } from '../../src/index.ts'
import { runAlone } from '../run-alone.ts'
import { PROGRAMS_A_WORLD, type RecordedWorld, recordWorld } from './record.ts'

const PROGRAMS = 1_000

describe('the same inputs in the same order', () => {
  it(`give the same world: ${PROGRAMS} random programs, then from their records in another process`, async () => {
    const worlds: RecordedWorld[] = []
    {
      await using sandbox = await createSandbox({ pool: 2 })
      let next = 0
      await Promise.all(
        [0, 1].map(async () => {
          while (next < PROGRAMS) {
            const seed = next
            next += PROGRAMS_A_WORLD
            worlds.push(await recordWorld(sandbox, seed))
          }
        }),
      )
    }
    expect(worlds.flatMap(({ steps }) => steps).filter(({ seen }) => seen.worldHash === undefined)).toEqual(
      [],
    )
    const file = join(mkdtempSync(join(tmpdir(), 'bailiwick-record-')), 'worlds.json')
    writeFileSync(file, JSON.stringify(worlds))
    expect(await runAlone('determinism/run-replay.ts', { args: [file] })).toEqual({
      different: [],
      count: 0,
      calls: 0,
    })
  }, 600_000)
})
