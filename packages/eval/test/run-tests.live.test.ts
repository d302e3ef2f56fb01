import type { Sandbox } from '@bailiwick/contract'
import { createSandbox } from '@bailiwick/sandbox'
import { useBubblewrap } from '@bailiwick/sandbox/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { runTests } from '../src/score/run-tests.ts'

await useBubblewrap()

const TESTS = 'const test = () => {\n  console.log("testing")\n  console.assert(twice(2) === 4)\n}\ntest()'
const CHECK = { kind: 'tests', name: 'twice', prefix: 'const twice = (n) => {\n', tests: TESTS } as const

describe('code that is run against tests in the sandbox', () => {
  let sandbox: Sandbox
  beforeAll(async () => {
    sandbox = await createSandbox()
  })
  afterAll(() => sandbox[Symbol.asyncDispose]())
  const run = (answer: unknown, check = {}) =>
    runTests({ ...CHECK, ...check }, answer, sandbox, new AbortController().signal)

  it.each([
    ['whole', 'const twice = (n) => 2 * n'],
    ['as the rest of a function', '  return n + n\n}'],
    ['with an example that it prints', 'function twice(n) { return n * 2 }\nconsole.log(twice(1))'],
  ])('passes, given %s', async (_, answer) => {
    expect(await run(answer)).toBeUndefined()
  })

  it.each([
    ['an assertion does not hold', 'const twice = (n) => 3 * n', 'a test failed'],
    ['it throws', 'const twice = () => null.x', 'TypeError'],
    ['it is no code', 'Here is the function.', 'SyntaxError'],
    [
      'it turns assertions off',
      'const twice = (n) => 3 * n\ntry { console.assert = () => {} } catch {}',
      'a test failed',
    ],
    [
      'it ends the task itself',
      'const twice = (n) => 3 * n\nfinalAnswer("passed")',
      'did not run to their end',
    ],
    ['it never ends', 'const twice = () => { for (;;) {} }', 'TimeoutError'],
  ])('fails if %s', async (_, answer, reason) => {
    expect(await run(answer, { timeoutMs: 500 })).toContain(reason)
  })

  it('has no files, no network and no modules', async () => {
    for (const name of ['require', 'process', 'fetch']) {
      expect(await run(`const twice = (n) => (typeof ${name} === 'undefined' ? 2 * n : 0)`)).toBeUndefined()
    }
  })
})
