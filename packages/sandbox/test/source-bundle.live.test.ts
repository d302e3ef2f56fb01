import { execFile } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { bundleIn } from '../src/isolation/source-bundle.ts'

const DAY_S = 86_400

let cache: string
beforeEach(() => {
  cache = mkdtempSync(join(tmpdir(), 'source-bundle-'))
})
afterEach(() => rmSync(cache, { recursive: true }))

it('makes one bundle if several processes ask for it at once', async () => {
  const module = JSON.stringify(join(import.meta.dirname, '../src/isolation/source-bundle.ts'))
  const script = `import { bundleIn } from ${module}; console.log(bundleIn(${JSON.stringify(cache)}))`
  const args = [...process.execArgv, '--input-type=module', '--eval', script]
  const folders = await Promise.all(
    [1, 2, 3].map(async () => (await promisify(execFile)(process.execPath, args)).stdout.trim()),
  )
  expect(new Set(folders).size).toBe(1)
  expect(readdirSync(cache)).toHaveLength(1)
  expect(readdirSync(folders[0] ?? '')).toEqual(['child.cjs', 'inputs.json', 'prelude.js', 'probe.cjs'])
  expect(bundleIn(cache)).toBe(folders[0])
})

it('does not reuse a bundle of other sources, or one that another process is still writing', () => {
  const others: Record<string, string> = {
    'changed-source': '{"src/index.ts":"another digest"}',
    'removed-source': '{"src/removed.ts":"a digest"}',
    'new-bundle': '{}',
  }
  for (const [name, inputs] of Object.entries(others)) {
    mkdirSync(join(cache, name))
    writeFileSync(join(cache, name, 'inputs.json'), inputs)
  }
  mkdirSync(join(cache, 'without-inputs'))
  expect(existsSync(join(bundleIn(cache), 'child.cjs'))).toBe(true)
})

it('removes bundles that were unused for a day when it makes a new one', () => {
  const now = Date.now() / 1_000
  for (const [name, used] of Object.entries({ old: now - 1.1 * DAY_S, recent: now - 0.9 * DAY_S })) {
    mkdirSync(join(cache, name))
    utimesSync(join(cache, name), used, used)
  }
  bundleIn(cache)
  expect(existsSync(join(cache, 'old'))).toBe(false)
  expect(existsSync(join(cache, 'recent'))).toBe(true)
})
