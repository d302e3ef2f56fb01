import { readFileSync } from 'node:fs'
import type { RecordedStep } from '@bailiwick/contract/world'
import { describe, expect, it } from 'vitest'
import { createSandbox } from '../src/index.ts'
import { useBubblewrap } from '../src/testing/use-bubblewrap.ts'
import { openWorld } from './open-world.ts'

await useBubblewrap()

/** Longer than the two seconds of CPU time that a replayed turn may always take. */
const STILL_MS = 3_000

function childrenOf(parent: number): number[] {
  const text = readFileSync(`/proc/${parent}/task/${parent}/children`, 'latin1').trim()
  const pids = text === '' ? [] : text.split(' ').map(Number)
  return pids.flatMap((pid) => [pid, ...childrenOf(pid)])
}

/** A child may end between the look at the list and the signal: the others must get theirs all the same. */
function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}

describe.runIf(process.platform === 'linux')('a replay whose process stands still', () => {
  it('continues afterwards, because it has used no CPU time', async () => {
    await using sandbox = await createSandbox()
    const tools = { next: () => 41 }
    const code = 'let n = await next({}); for (let i = 0; i < 1e7; i++) n += i % 2 ? -1 : 1; n + 1'
    await using first = await openWorld(sandbox, { tools })
    const seen = await first.run(code)
    const recorded: RecordedStep = {
      inputs: first.delivered,
      turns: first.committed.map(({ turn }) => ({ ...turn, cpuMs: 0 })),
      ended: true,
    }
    await using again = await openWorld(sandbox, { tools })
    let still: number[] = []
    const host = {
      ...again.host,
      signal: new AbortController().signal,
      committed: () => {
        // The second turn has begun.
        if (still.length > 0) return
        still = childrenOf(process.pid)
        for (const pid of still) signal(pid, 'SIGSTOP')
        setTimeout(() => {
          for (const pid of still) signal(pid, 'SIGCONT')
        }, STILL_MS)
      },
    }
    const began = performance.now()
    const replayed = await again.session.execute({ step: 1, code, clock: 1, recorded }, host)
    expect(performance.now() - began).toBeGreaterThan(STILL_MS - 100)
    expect([replayed.status, replayed.preview]).toEqual(['ok', seen.preview])
  }, 30_000)
})
