import type { Observation, Sandbox } from '@bailiwick/contract/world'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createSandbox } from '../src/index.ts'
import { useBubblewrap } from '../src/testing/use-bubblewrap.ts'
import { openWorld } from './open-world.ts'

await useBubblewrap()

/** Every kind of output. The code itself uses no builtin that it could find poisoned. */
const OUTPUTS: Record<string, string> = {
  'a value': 'values.nested',
  'a table': 'values.table',
  'printed values':
    'log(values.nested, values.error, values.bytes, null, -0, 1n, "text", values.ctor, values.table)',
  'an error': 'null.x',
  'a thrown object': 'throw values.nested',
  'a rejection that nothing awaits': 'reject(values.error); 1',
  'a call': 'await echo(values.sent)',
  'a failed call': 'await fails(values.sent)',
  'a timer': 'await sleep(1)',
  'a call of many': 'echo(values.sent); echo(values.sent); await sleep(2); 3',
  'a deadlock': 'await values.never',
  'a wrong argument': 'await echo(1)',
  'an answer': 'finalAnswer(values.sent)',
}

/** Defines `poison(way)`, which gives a getter to every property of every builtin, and `restore()`. */
const PREPARE = `
globalThis.values = {
  nested: { a: [1, , new Date(5), new Map([[1, { b: 2n }]]), new Set(['x']), /a/gi, Symbol('s')], f() {}, u: undefined },
  table: [{ a: 1, b: 'x' }, { a: 2, b: new Date(9) }],
  error: new RangeError('e'),
  bytes: new Uint8Array(3),
  ctor: class A {},
  sent: { a: [1, { b: 'c', d: new Date(7) }, new Map([[1, 2]]), /x/g, undefined, 5n, new Uint8Array([1, 2]), new Error('e'), NaN] },
  never: new Promise(() => {}),
}
globalThis.log = console.log
globalThis.reject = Promise.reject.bind(Promise);
(() => {
  const define = Reflect.defineProperty
  const hasOwn = Object.hasOwn
  const iterators = [[].values(), new Map().values(), (function* () {})(), (async function* () {})()]
  const prototypes = [Object, Array, Function, Promise, Error, Iterator].map((made) => made.prototype)
  for (const iterator of iterators) prototypes.push(Object.getPrototypeOf(iterator))
  const builtins = new Set()
  const mine = ['values', 'log', 'reject', 'poison', 'restore']
  const queue = [globalThis, ...prototypes, async () => {}, new Set().values(), ''[Symbol.iterator](), 'a'.matchAll(/a/g)]
  for (const value of queue) {
    if ((typeof value !== 'object' && typeof value !== 'function') || value === null || builtins.has(value)) continue
    builtins.add(value)
    queue.push(Object.getPrototypeOf(value))
    for (const key of Reflect.ownKeys(value)) {
      if (value === globalThis && mine.includes(key)) continue
      const field = Reflect.getOwnPropertyDescriptor(value, key)
      queue.push(field.value, field.get, field.set)
    }
  }
  // The names of all builtins, and those that descriptors, iterators, traps, reports and lists have.
  const names = [...new Set([...builtins].flatMap((object) => Reflect.ownKeys(object))), 'get', 'set', 'value', 'writable', 'enumerable', 'configurable', 'done', 'refused', 'call', 'reason', 'ownKeys', 'index', 'input', 'groups', 'indices', '$', ...Array(20).keys().map(String)]
  // The language itself reads \`then\` of an awaited value and \`constructor\` of an awaited promise. The test uses the names in \`mine\`.
  const free = (object, key) => key !== 'then' && key !== '__proto__' && !(object === Promise.prototype && key === 'constructor') && !(object === globalThis && (mine.includes(key) || key === 'globalThis'))
  // What a preview shows of a class, and an error of itself.
  const isShown = ({ key, field }) => field !== undefined && (key === 'name' || key === 'constructor')
  const targets = [...builtins].flatMap((object) =>
    [...new Set([...Reflect.ownKeys(object), ...(prototypes.includes(object) ? names : [])])]
      .map((key) => ({ object, key, field: Reflect.getOwnPropertyDescriptor(object, key) }))
      .filter(({ key, field }) => (field === undefined || field.configurable) && free(object, key)),
  )
  for (const target of targets) if (target.field !== undefined) Object.setPrototypeOf(target.field, null)
  const ways = {
    throws: (key) => () => { throw new Error(key) },
    loops: () => () => { for (;;); },
  }
  let last = 0
  globalThis.restore = () => {
    for (; last > 0; last -= 1) {
      const { object, key, field } = targets[last - 1]
      if (field === undefined) delete object[key]
      else define(object, key, field)
    }
  }
  globalThis.poison = (way, shownToo) => {
    const make = ways[way]
    for (; last < targets.length; last += 1) {
      const { object, key } = targets[last]
      if (shownToo || !isShown(targets[last])) define(object, key, { __proto__: null, get: make(key), set: undefined, configurable: true, enumerable: false })
    }
  }
  finalAnswer(targets.length)
})()
`

const tools = {
  echo: (args: unknown) => args,
  fails: () => {
    throw new Error('it failed')
  },
}

function shown({ status, preview, printed, error, final, calls }: Observation) {
  return {
    status,
    preview,
    printed,
    error: error && { name: error.name, message: error.message },
    final,
    calls: calls.map(({ name, args, ok, message }) => ({ name, args, ok, message })),
  }
}

describe('builtins that guest code has poisoned', () => {
  let sandbox: Sandbox
  beforeAll(async () => {
    sandbox = await createSandbox({ limits: { wallMs: 3_000, waitMs: 2_000 } })
  })
  afterAll(() => sandbox[Symbol.asyncDispose]())

  it.each(['throws', 'loops'])(
    'change nothing that a step reports if each of their properties %s',
    async (way) => {
      await using world = await openWorld(sandbox, { tools })
      const prepared = await world.run(PREPARE)
      expect(prepared.error).toBeUndefined()
      expect(prepared.final?.value).toBeGreaterThan(5_000)
      for (const [output, code] of Object.entries(OUTPUTS)) {
        const expected = shown(await world.run(code))
        expect(shown(await world.run(`poison('${way}');${code}`)), output).toEqual(expected)
        await world.run('restore()')
        const unnamed = shown(await world.run(`poison('${way}', true);${code}`))
        expect([unnamed.status, unnamed.calls], output).toEqual([expected.status, expected.calls])
        // The world goes on.
        await world.run('restore()')
        expect((await world.run('values.table.length')).preview, output).toBe('2')
      }
    },
  )
})
