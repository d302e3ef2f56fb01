import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { defineConfig } from 'vitest/config'

const inCi = process.env.CI === 'true'
/** Resolves workspace packages to their sources: tests need no build. */
const SOURCE = '@bailiwick/source'
const CONDITIONS = [SOURCE, 'module', 'node', 'development|production']

const TESTS = [
  'packages/*/{src,test}/**',
  'packages/agents/*/{src,test}/**',
  'apps/*/{src,test}/**',
  'chaos/**',
  'docs/**',
  'scripts',
]
const UNIT = TESTS.map((folder) => `${folder}/*.test.ts`)
const LIVE = TESTS.map((folder) => `${folder}/*.live.test.ts`)

export default defineConfig({
  test: {
    // `--watch` overrides it.
    watch: false,
    // Most tests wait for processes, so run two at a time even on two processors.
    maxWorkers: Math.max(2, availableParallelism() - 1),
    reporters: inCi ? ['default', 'json'] : ['default'],
    // One report for each run of vitest: `.ci/run` adds them up.
    outputFile: { json: `.test-results/${process.pid}.json` },
    projects: [
      project('unit', { include: UNIT, exclude: LIVE, setupFiles: ['scripts/forbid-processes.ts'] }),
      project('live', { include: LIVE }),
      project('packed', { include: ['scripts/packed/*.test.ts'] }),
    ],
  },
})

/** `unit`: starts no process. `live`: real servers and processes, run from source. `packed`: the published packages. */
function project(name: string, files: { include: string[]; exclude?: string[]; setupFiles?: string[] }) {
  return {
    resolve: { conditions: CONDITIONS },
    ssr: { resolve: { conditions: CONDITIONS } },
    test: {
      name,
      ...files,
      exclude: ['**/node_modules/**', ...(files.exclude ?? [])],
      // Child processes that tests start with `process.execArgv` run from source too.
      execArgv: [`--conditions=${SOURCE}`],
      // They start in half the CPU time if they need not strip the types of every file again.
      env: { NODE_COMPILE_CACHE: join(import.meta.dirname, 'node_modules/.cache/compile') },
      testTimeout: 60_000,
      hookTimeout: 60_000,
      // Real servers and processes on a shared machine: count only a second failure.
      retry: inCi ? 1 : 0,
    },
  }
}
