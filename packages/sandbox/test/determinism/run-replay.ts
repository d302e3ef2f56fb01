/** Replays recorded programs in another process. Prints the seeds of those that differ from their record. */
import { readFileSync } from 'node:fs'
import type { StepHost } from '@bailiwick/contract/world'
import { createSandbox } from '../../src/index.ts'
import { CONCURRENCY, openPrograms, type RecordedWorld, seenIn } from './record.ts'

const worlds = JSON.parse(readFileSync(process.argv[2] ?? '', 'utf8')) as RecordedWorld[]
await using sandbox = await createSandbox({ pool: CONCURRENCY })
const different: string[] = []
let calls = 0

const host: StepHost = {
  signal: new AbortController().signal,
  now: () => 0,
  async call({ id }) {
    calls += 1
    return { id, ms: 0, ok: false, reason: 'error', message: 'a replay makes no calls' }
  },
}

async function replay({ seed, steps }: RecordedWorld): Promise<void> {
  await using session = await openPrograms(sandbox, seed)
  for (const [index, { code, clock, recorded, seen }] of steps.entries()) {
    const again = seenIn(await session.execute({ step: index + 1, code, clock, recorded }, host))
    if (JSON.stringify(again) !== JSON.stringify(seen)) {
      different.push(
        `seed ${seed}, step ${index + 1}: ${JSON.stringify(seen)} became ${JSON.stringify(again)}`,
      )
    }
  }
}

await Promise.all(
  Array.from({ length: CONCURRENCY }, async () => {
    for (let next = worlds.pop(); next !== undefined; next = worlds.pop()) {
      await replay(next).catch((error: unknown) => different.push(String(error)))
    }
  }),
)
console.log(JSON.stringify({ different: different.slice(0, 5), count: different.length, calls }))
