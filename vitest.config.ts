import { availableParallelism } from 'node:os'
import { defineConfig } from 'vitest/config'

const inCi = process.env.CI === 'true'
/** Resolves workspace packages to their sources: tests need no build. */
const SOURCE = '@bailiwick/source'
const CONDITIONS = [SOURCE, 'module', 'node', 'development|production']

export default defineConfig({
  resolve: { conditions: CONDITIONS },
  ssr: { resolve: { conditions: CONDITIONS } },
  test: {
    // Child processes that tests start with `process.execArgv` run from source too.
    execArgv: [`--conditions=${SOURCE}`],
    include: [
      '{packages,packages/agents,apps}/*/{src,test}/**/*.test.ts',
      'docs/**/*.test.ts',
      'scripts/**/*.test.ts',
      'chaos/**/*.test.ts',
    ],
    // Most tests wait for processes, so run two at a time even on two processors.
    maxWorkers: Math.max(2, availableParallelism() - 1),
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // Real servers and processes on a shared machine: count only a second failure.
    retry: inCi ? 1 : 0,
    reporters: inCi ? ['default', 'json'] : ['default'],
    outputFile: { json: '.test-results/vitest.json' },
  },
})
