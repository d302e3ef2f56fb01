import type { Sandbox } from '@bailiwick/contract/world'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createSandbox } from '../src/index.ts'
import { useBubblewrap } from '../src/testing/use-bubblewrap.ts'
import { openWorld } from './open-world.ts'

await useBubblewrap()

let sandbox: Sandbox
beforeAll(async () => {
  sandbox = await createSandbox()
})
afterAll(() => sandbox[Symbol.asyncDispose]())

const files = { orders: '`orders` is a file, not a variable: read it', other: 'another' }
const twice = { twice: ({ n }: { n?: unknown }) => 2 * Number(n) }
const open = () => openWorld(sandbox, { files, tools: twice, now: () => 0 })

describe('the name of a file', () => {
  it.each([
    'orders',
    'orders.length',
    'orders[0]',
    'orders()',
    'await orders',
    'for (const row of orders) console.log(row)',
    '[...orders]',
    '({ ...orders })',
    // biome-ignore lint/suspicious/noTemplateCurlyInString: it is the code under test
    '`${orders}`',
    'JSON.stringify(orders)',
    'typeof orders',
    'const { length } = orders',
    'orders?.length ?? 0',
    'new Map(orders)',
    'twice({ n: orders })',
    'twice(orders)',
    'globalThis.orders',
    'orders += "x"',
    'const f = () => orders; f()',
    'await Promise.resolve().then(() => orders)',
  ])('throws with advice in %j', async (code) => {
    await using world = await open()
    const { error, calls } = await world.run(code)
    expect(error).toMatchObject({ name: 'TypeError', message: files.orders })
    expect(calls).toEqual([])
  })

  it('says where in the code it was used, and can be caught', async () => {
    await using world = await open()
    const { error } = await world.run('const a = 1\nconsole.log(orders.map((row) => row.id))')
    expect(error).toMatchObject({ line: 2, column: 13, excerpt: expect.stringContaining('orders.map') })
    expect((await world.run('try { orders } catch (error) { error.message }')).preview).toContain('a file')
    expect((await world.run('ordes.length')).error?.message).toContain('did you mean `orders`?')
  })

  it.each([
    ['const orders = [await twice({ n: 2 })]', 'orders[0]'],
    ['let orders = [4]', 'orders[0]'],
    ['var orders = [4]; function other() { return 1 }', 'orders[0] * other()'],
    ['orders = [4]', 'orders[0]'],
    ['class orders { static [0] = 4 }', 'orders[0]'],
  ])('can become a variable by %j', async (declared, read) => {
    await using world = await open()
    expect((await world.run(declared)).error).toBeUndefined()
    expect(await world.run(read)).toMatchObject({ status: 'ok', preview: '4' })
    expect((await world.run('orders = [5]; orders[0]')).error).toBeUndefined()
  })

  it('is no variable of the world: it has no part in its hash', async () => {
    await using world = await open()
    await using without = await openWorld(sandbox, { tools: twice, now: () => 0 })
    const code = 'const a = 1; let b = [a]'
    expect((await world.run(code)).worldHash).toBe((await without.run(code)).worldHash)
    expect((await world.run('Object.keys(globalThis).includes("orders")')).preview).toBe('false')
  })

  it('is in a world that was restored from a checkpoint, unless the code has declared it', async () => {
    await using world = await open()
    await world.run('const orders = [1]; let a = 1')
    const made = await world.session.checkpoint?.()
    if (made === undefined || 'refused' in made) throw new Error(`no checkpoint: ${made?.refused}`)
    await using again = await openWorld(sandbox, { files, tools: twice, now: () => 0, checkpoints: [made] })
    expect(again.session.restored).toEqual({ step: 1, refused: [] })
    expect(await again.run('orders[0] + a', { step: 2 })).toMatchObject({ preview: '2' })
    expect((await again.run('other', { step: 3 })).error?.message).toBe('another')

    await world.run('delete globalThis.other')
    expect(await world.session.checkpoint?.()).toEqual({
      refused: 'the code has deleted the name of a file: other',
    })
  })

  it('gives the code nothing of the sandbox', async () => {
    await using world = await open()
    const { preview } =
      await world.run(`const { get, set } = Object.getOwnPropertyDescriptor(globalThis, 'orders')
get.name = 1; set.x = 1
let thrown; try { get.call(null) } catch (error) { thrown = error }
;[Object.isFrozen(get), Object.isFrozen(set), thrown.constructor === TypeError, Object.keys(thrown).length]`)
    expect(preview).toBe('[true, true, true, 0]')
    expect(
      (await world.run('TypeError = class { constructor() { globalThis.stolen = this } }')).error,
    ).toBeUndefined()
    await world.run('try { other } catch {}')
    expect((await world.run('globalThis.stolen')).preview).toBe('')
  })
})
