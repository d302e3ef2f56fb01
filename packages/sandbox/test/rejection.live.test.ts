import type { Sandbox } from '@bailiwick/contract/world'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createSandbox } from '../src/index.ts'
import { useBubblewrap } from '../src/testing/use-bubblewrap.ts'
import { openWorld } from './open-world.ts'

await useBubblewrap()

describe('an unhandled rejection', () => {
  let sandbox: Sandbox
  beforeAll(async () => {
    sandbox = await createSandbox()
  })
  afterAll(async () => {
    await sandbox[Symbol.asyncDispose]()
  })
  const tools = { echo: (args: object) => args }

  it.each([
    ['Promise.reject(new TypeError("off")); 7', 'TypeError: off'],
    ['(async () => { throw new RangeError("far") })(); 7', 'RangeError: far'],
    ['let kept = (async () => { await echo({}); throw 5 })(); await echo({}); await echo({}); 7', '5'],
    [
      'setTimeout(() => {}, 1); new Promise((_, no) => no(new Error("it timed out"))); 7',
      'Error: it timed out',
    ],
    ['Promise.reject(null); 7', 'null'],
    ['Promise.reject({ code: 1 }); 7', 'an object'],
    ['import("node:fs"); 7', 'ImportError: "node:fs"'],
  ])('does not fail the step, which prints it: %s', async (code, printed) => {
    await using world = await openWorld(sandbox, { tools })
    await world.run('let before = 1')
    const seen = await world.run(`before = 2; ${code}`)
    expect(seen).toMatchObject({ status: 'ok', preview: '7' })
    expect(seen.printed).toContain(`(unhandled rejection: ${printed}`)
    expect(await world.run('before')).toMatchObject({ status: 'ok', preview: '2' })
  })

  it('can still be awaited later', async () => {
    await using world = await openWorld(sandbox, { tools })
    await world.run('const late = [1, 2].map(async (n) => { throw new Error("no " + n) })')
    const code =
      'await echo({}); const seen = []; for (const one of late) await one.catch((e) => seen.push(e.message)); seen'
    expect(await world.run(code)).toMatchObject({ status: 'ok', preview: '["no 1", "no 2"]' })
  })

  it('is not printed if the code catches the error', async () => {
    await using world = await openWorld(sandbox, { tools })
    const seen = await world.run('try { await Promise.reject(new Error("x")) } catch { 7 }')
    expect(seen).toMatchObject({ status: 'ok', preview: '7', printed: '' })
  })
})
