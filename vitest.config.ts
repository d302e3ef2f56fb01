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
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // Real servers and processes on a machine that others use too: a second failure is one.
    retry: inCi ? 1 : 0,
    reporters: inCi ? ['default', 'json'] : ['default'],
    outputFile: { json: '.test-results/vitest.json' },
  },
})
