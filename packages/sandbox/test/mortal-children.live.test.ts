import { DEFAULT_SANDBOX_LIMITS, type StepHost } from '@bailiwick/contract/world'
import { expect, it } from 'vitest'
import type { ToChild } from '../src/frames/frame.ts'
import { childFiles } from '../src/isolation/child-files.ts'
import { BundleCache } from '../src/modules/bundle-cache.ts'
import { spawnChild } from '../src/parent/child-box.ts'
import { WorldSession } from '../src/parent/session.ts'

const layers = { limits: false, container: false, seccomp: false }
const killed = { reason: 'crashed', message: 'killed from outside' } as const

/** A session with real children, some of which are killed as soon as they are taken. */
function session(dies: (taken: number) => boolean, limits = DEFAULT_SANDBOX_LIMITS) {
  const taken: ReturnType<typeof spawnChild>[] = []
  /** The frames that each child was sent. */
  const sent: ToChild[][] = []
  const made = new WorldSession({
    world: { inputs: {}, functions: [{ name: 'next', description: '', input: {} }], imports: [], seed: 's' },
    limits,
    take() {
      const box = spawnChild({
        files: childFiles(),
        layers,
        memoryMb: limits.memoryMb,
        residentMb: limits.residentMb,
      })
      taken.push(box)
      const frames: ToChild[] = []
      sent.push(frames)
      const send = box.send.bind(box)
      box.send = (frame) => {
        frames.push(frame)
        send(frame)
      }
      if (dies(taken.length)) box.kill(killed)
      return box
    },
    modules: new BundleCache(),
    engine: () => 'any',
    left: () => {},
  })
  let calls = 0
  const host: StepHost = {
    signal: new AbortController().signal,
    now: () => 0,
    async call({ id }) {
      calls += 1
      return { id, ms: 0, ok: true, value: calls }
    },
  }
  const run = (step: number, code: string) => made.execute({ step, code, clock: 0 }, host)
  return { made, taken, sent, run, calls: () => calls }
}

it('opens a world although children die while they start', async () => {
  const { made, run, taken } = session((count) => count <= 2)
  await using _ = made
  await made.start()
  expect(await run(1, '1 + 1')).toMatchObject({ status: 'ok', preview: '2' })
  expect(taken).toHaveLength(3)
})

it('rebuilds a world without making calls if its child is killed between steps', async () => {
  // The second child dies while it replays what the first did.
  const { made, run, taken, calls } = session((count) => count === 2)
  await using _ = made
  await made.start()
  const first = await run(1, 'let sum = await next({}); const luck = Math.random(); [sum, luck]')
  taken[0]?.kill(killed)
  expect(await run(2, '[sum, luck]')).toMatchObject({ status: 'ok', preview: first.preview })
  expect(taken).toHaveLength(3)
  expect(calls()).toBe(1)
})

it('rebuilds a world from its newest checkpoint', async () => {
  const { made, run, sent } = session(() => false, { ...DEFAULT_SANDBOX_LIMITS, wallMs: 500 })
  await using _ = made
  await made.start()
  await run(1, 'let n = 1')
  expect(await made.checkpoint()).toMatchObject({ step: 1 })
  await run(2, 'n += 1')
  expect(await run(3, 'n += 1; for (;;);')).toMatchObject({ status: 'timeout' })
  expect(await run(4, 'n')).toMatchObject({ status: 'ok', preview: '2' })
  // The second child replays only step 2. Nothing of step 3 remained.
  expect(sent[1]).toMatchObject([
    { type: 'open', checkpoint: expect.any(String) },
    { type: 'step', step: 2 },
    { type: 'step', step: 4 },
  ])
})

it('gives a world up if one child after another dies', async () => {
  const { made } = session(() => true)
  await using _ = made
  await expect(made.start()).rejects.toThrow('The world could not be opened: crashed: killed from outside')
})
