import type { Writable } from 'node:stream'
import { DEFAULT_SANDBOX_LIMITS, type StepHost } from '@bailiwick/contract/world'
import { describe, expect, it } from 'vitest'
import { createSandbox } from '../../src/index.ts'
import { childFiles } from '../../src/isolation/child-files.ts'
import { availableLayers, permissionArguments } from '../../src/isolation/layers.ts'
import { startWrapped } from '../../src/isolation/start-wrapped.ts'
import { BundleCache } from '../../src/modules/bundle-cache.ts'
import { WorldSession } from '../../src/parent/session.ts'
import { randomOf } from '../determinism/random-program.ts'
import { openWorld } from '../open-world.ts'
import { dangerousProgram } from './dangerous-program.ts'
import { LyingBox } from './lying-box.ts'

/** Name the seed to see a failure again; each bound is part of the minute that all of this may take. */
const SEED = 20_261_123
const PROGRAMS_MS = 25_000
const LIES = 3_000
const CHILDREN = 6

describe('random code and random frames', () => {
  it('random programs of dangerous builtins never end the session or this process', async () => {
    const random = randomOf(SEED)
    const until = performance.now() + PROGRAMS_MS
    const limits = { wallMs: 150, cpuMs: 2_000, memoryMb: 48, residentMb: 400, waitMs: 200 }
    await using sandbox = await createSandbox({ limits })
    let ran = 0
    const endings = new Set<string>()
    while (performance.now() < until) {
      await using world = await openWorld(sandbox, { tools: { echo: (args) => args }, seed: String(ran) })
      await world.run('let kept = 1')
      for (let program = 0; program < 5; program += 1) {
        const code = dangerousProgram(random)
        const seen = await world.run(code)
        endings.add(seen.status)
        ran += 1
      }
      // A world whose heap the programs have filled, or whose language they have bent, may not show it.
      const seen = await world.run('kept')
      expect(['ok', 'error', 'timeout', 'out-of-memory']).toContain(seen.status)
    }
    expect(ran).toBeGreaterThan(20)
    expect([...endings]).toEqual(expect.arrayContaining(['ok', 'error', 'timeout']))
  }, 120_000)

  it('a child that lies costs its own session and nothing else', async () => {
    const random = randomOf(SEED)
    const outcomes: Record<string, number> = {}
    for (let lie = 0; lie < LIES; lie += 1) {
      const session = new WorldSession({
        world: {
          inputs: {},
          functions: [{ name: 'echo', description: '', input: {} }],
          imports: [],
          seed: '',
        },
        limits: { ...DEFAULT_SANDBOX_LIMITS, waitMs: 20, outputChars: 1_000 },
        take: () => new LyingBox(random),
        modules: new BundleCache(),
        engine: () => 'any',
        left: () => {},
      })
      const host: StepHost = {
        signal: new AbortController().signal,
        now: () => 0,
        call: async ({ id, args }) => ({ id, ms: 0, ok: true, value: args }),
      }
      const ended = await (async () => {
        await session.start()
        const { status, printed } = await session.execute({ step: 1, code: '1', clock: 0 }, host)
        expect(printed.length).toBeLessThan(20_000)
        return status
      })().catch((error: Error) => {
        expect(error.message).not.toMatch(/cannot read|is not a function|undefined/i)
        return error.name
      })
      outcomes[ended] = (outcomes[ended] ?? 0) + 1
      await session[Symbol.asyncDispose]()
    }
    expect(Object.keys(outcomes).length).toBeGreaterThan(2)
    expect(Object.prototype).not.toHaveProperty('type')
  }, 120_000)

  it('a child that gets nonsense ends', async () => {
    const random = randomOf(SEED)
    const files = childFiles()
    for (let child = 0; child < CHILDREN; child += 1) {
      const command = [process.execPath, ...permissionArguments(files), files.main, files.addon, '64']
      const { child: started } = startWrapped(availableLayers(), files, command, 64)
      const ended = new Promise<number | null>((resolve) => started.once('close', resolve))
      const input = started.stdio[3] as Writable
      input.on('error', () => {})
      const bytes = Buffer.from(
        Array.from({ length: 1_000 + child * 7_000 }, () => Math.floor(random() * 256)),
      )
      input.write(child === 0 ? '{"type":"open"}\n' : Buffer.concat([bytes, Buffer.from('\n')]))
      // It may be waiting for the rest of a line: then the end of the pipe is its end.
      input.end()
      await ended
    }
  }, 60_000)
})
