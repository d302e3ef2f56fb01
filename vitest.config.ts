import { availableParallelism } from 'node:os'
import { defineConfig } from 'vitest/config'

const inCi = process.env.CI === 'true'

export default defineConfig({
  test: {
    include: [
      '{packages,apps}/*/{src,test}/**/*.test.ts',
      'docs/**/*.test.ts',
      'scripts/**/*.test.ts',
      'chaos/**/*.test.ts',
    ],
    globalSetup: ['scripts/bring-bubblewrap.ts'],
    // Most of them wait for processes: two at a time also where there are two processors.
    maxWorkers: Math.max(2, availableParallelism() - 1),
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // Real servers and processes on a machine that others use too: a second failure is one.
    retry: inCi ? 1 : 0,
    reporters: inCi ? ['default', 'json'] : ['default'],
    outputFile: { json: '.test-results/vitest.json' },
  },
})
