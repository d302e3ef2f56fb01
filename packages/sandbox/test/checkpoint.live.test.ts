import type { Checkpoint, Observation, Sandbox } from '@bailiwick/contract/world'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createSandbox } from '../src/index.ts'
import { useBubblewrap } from '../src/testing/use-bubblewrap.ts'
import { openWorld, type TestWorld, type TestWorldOptions } from './open-world.ts'
import { packageFolder } from './package-folder.ts'

await useBubblewrap()

let sandbox: Sandbox
beforeAll(async () => {
  sandbox = await createSandbox({ pool: 4 })
})
afterAll(() => sandbox[Symbol.asyncDispose]())

const taken = async (world: TestWorld): Promise<Checkpoint> => {
  const made = await world.session.checkpoint?.()
  if (made === undefined || 'refused' in made) throw new Error(`no checkpoint: ${made?.refused}`)
  return made
}
const refusal = async (world: TestWorld): Promise<string> => {
  const made = await world.session.checkpoint?.()
  return made !== undefined && 'refused' in made ? made.refused : 'it was taken'
}

/** Runs steps in one world, and the steps from `after` on in a world restored from a checkpoint. Returns both results. */
async function both(codes: string[], after: number, options: TestWorldOptions = {}) {
  let clock = 1_000
  const now = () => {
    clock += 1_000
    return clock
  }
  await using world = await openWorld(sandbox, { now, ...options })
  const whole: Observation[] = []
  let checkpoint: Checkpoint | undefined
  let clockThen = 0
  for (const [index, code] of codes.entries()) {
    if (index === after) {
      checkpoint = await taken(world)
      clockThen = clock
    }
    whole.push(await world.run(code))
  }
  clock = clockThen
  await using again = await openWorld(sandbox, {
    now,
    ...options,
    checkpoints: checkpoint ? [checkpoint] : [],
  })
  expect(again.session.restored).toEqual({ step: after, refused: [] })
  const rest: Observation[] = []
  for (const [index, code] of codes.entries()) {
    if (index >= after) rest.push(await again.run(code, { step: index + 1 }))
  }
  const seen = ({ status, preview, printed, worldHash, error }: Observation) => ({
    status,
    preview,
    printed,
    worldHash,
    error,
  })
  return { whole: whole.slice(after).map(seen), rest: rest.map(seen) }
}

describe('a checkpoint', () => {
  it.each<[string, string[]]>([
    [
      'numbers, texts and nothing',
      [
        'let a = -0, b = NaN, c = 1e21, d = "\\ud800 \\n\u2028", e, f = null, g = 12n ** 30n',
        '[a, b, c, d, e, f, g, Object.is(a, -0)]',
      ],
    ],
    [
      'identity and cycles',
      [
        'const a = { n: 1 }; let b = [a, a]; b.push(b); a.b = b; const m = new Map([[a, b]])',
        'b[0].n = 5; [a.n, b[1].n, b[2] === b, m.get(a) === b]',
      ],
    ],
    [
      'order, holes and unusual keys',
      [
        'const o = { b: 1, 2: 1, a: 1, ["__proto__"]: 3 }; const h = [1, , undefined, 3]; const z = Object.assign(Object.create(null), { x: 1 })',
        '[Object.keys(o), 1 in h, 2 in h, h.length, Object.getPrototypeOf(z)]',
      ],
    ],
    [
      'maps, sets, dates, expressions, bytes',
      [
        'const m = new Map([["k", new Set([new Date(5), new Date(NaN)])]]); const r = /a+/gy; r.lastIndex = 2; const t = new Float64Array([1.5, -0, NaN])',
        '[m, r, r.lastIndex, t]',
      ],
    ],
    [
      'undeclared globals',
      [
        'undeclared = { deep: [1] }; var old = 1; let fresh = 2',
        'undeclared.deep.push(old, fresh); undeclared',
      ],
    ],
    [
      'builtins by reference',
      [
        'const { max, PI } = Math; const tool = get; const types = [Array, Date, Map]',
        '[max(1, 7), PI, types[0] === Array, new types[2]() instanceof Map, typeof tool]; await tool({ n: 4 })',
      ],
    ],
    [
      'clock and randomness',
      [
        'const begun = Date.now(); for (let i = 0; i < 300; i++) Date.now()',
        '[begun, Date.now(), Math.random(), new Date()]',
      ],
    ],
    ['numbers of timers', ['const first = setTimeout(() => {}, 5)', '[setTimeout(() => {}, 5), first]']],
    ['known keys for hints', ['const w = await get({ n: 1 })', 'w.list; w.lsit.length']],
    ['names for hints', ['let temperature = 5; const humidity = 7', 'temprature + 1', 'humidty + 1']],
    ['a name declared twice', ['const x = { a: 1 }', 'x.a', 'let x = 5']],
    ['inputs', ['given.rows.push(9); given = { ...given, more: true }', 'given']],
  ])('restores %s', async (_, codes) => {
    const options = {
      inputs: { given: { rows: [1, new Date(3)] } },
      tools: { get: async ({ n }: Record<string, unknown>) => ({ n, list: [n] }) },
    }
    const { whole, rest } = await both([...codes, '1'], 1, options)
    expect(whole[0]?.worldHash).toMatch(/^[0-9a-f]{16}$/)
    expect(rest).toEqual(whole)
  })

  it.each<[string, string, string]>([
    ['a class', 'class C { #x = 1 }; const c = new C()', 'C holds a function or class'],
    ['a closure', 'const up = ((n) => () => ++n)(1)', 'up holds a function or class'],
    ['a function inside data', 'const o = { list: [{ f() {} }] }', 'o holds a function or class'],
    ['an error', 'const e = new Error("x")', 'e holds a value that is not plain data (Error)'],
    ['a subclass', 'let s = new (class S extends Map {})()', 's holds a value that is not plain data (S)'],
    ['a promise', 'let p = Promise.resolve(1); 1', 'p holds a value that is not plain data (Promise)'],
    ['a generator', 'let g = [1].values()', 'g holds a value that is not plain data'],
    ['a symbol', 'const o = { [Symbol("x")]: 1 }', 'o holds a symbol'],
    [
      'a getter',
      'const o = { get now() { return 1 } }',
      'o holds an accessor, or a field that cannot be changed',
    ],
    ['a frozen object', 'const o = Object.freeze({ a: 1 })', 'o holds a frozen object'],
    [
      'an array with extra properties',
      'const a = Object.assign([1], { more: 2 })',
      'a holds an object with fields of its own',
    ],
    [
      'two views of one buffer',
      'const a = new Uint8Array(8); const b = new Uint16Array(a.buffer)',
      'b holds several views of one buffer',
    ],
    [
      'a buffer and its view',
      'const a = new Uint8Array(8); const b = { b: a.buffer }',
      'b holds a buffer and a view of it',
    ],
    ['a proxy', 'const p = new Proxy({}, {})', 'p holds a Proxy'],
    ['a changed builtin', 'Array.prototype.last = 5; 1', 'the builtins differ from those of the checkpoint'],
    [
      'a builtin that no global leads to',
      'Object.getPrototypeOf([].values()).next = 1; 1',
      'the builtins differ from those of the checkpoint',
    ],
    [
      'a builtin’s name',
      'const Math = 5',
      'the global object has a property that is not a plain variable: Math',
    ],
    ['too much data', 'const much = "x".repeat(2_000_000)', 'the world is longer than 1000000 characters'],
    [
      'a large sparse array',
      'const holes = []; holes[2 ** 32 - 2] = 1',
      'the world is longer than 1000000 characters',
    ],
    [
      'a global accessor',
      'Object.defineProperty(globalThis, "odd", { get: () => 1, configurable: true }); 1',
      'the global object has a property that is not a plain variable: odd',
    ],
  ])('is refused if there is %s, and the world continues', async (_, code, why) => {
    await using world = await openWorld(sandbox)
    await world.run(`let before = 1; ${code}`)
    expect(await refusal(world)).toContain(why)
    expect((await world.run('before + 1')).preview).toBe('2')
  })

  it('keeps functions that are read by index, also in variables', async () => {
    const tools = { pages: ({ n }: Record<string, unknown>) => `page ${n}` }
    const schemas = { pages: { type: 'object', properties: { n: { type: 'integer' } }, required: ['n'] } }
    const codes = ['let kept = pages, first = await pages[1]', '[first, await kept[2], kept === pages]']
    const { whole, rest } = await both(codes, 1, { tools, schemas, indexed: ['pages'] })
    expect(whole[0]?.preview).toBe('["page 1", "page 2", true]')
    expect(rest).toEqual(whole)
  })

  it('is refused if a package was loaded, because it may have hidden state', async () => {
    const importsFrom = packageFolder({ counter: { 'index.js': 'let n = 0; export const next = () => ++n' } })
    await using world = await openWorld(sandbox, { imports: ['*'], importsFrom })
    await world.run('let n; { const { next } = await import("counter"); n = next() }; n')
    expect(await refusal(world)).toBe('the world has loaded a package')
  })

  it('is not larger than its limit', async () => {
    await using world = await openWorld(sandbox, { limits: { checkpointChars: 3_000 } })
    await world.run('let text = "x".repeat(2_000)')
    expect((await taken(world)).text.length).toBeLessThanOrEqual(3_000)
    await world.run('text += text')
    expect(await refusal(world)).toBe('the world is longer than 3000 characters')
  })

  it('does not exist before the first step or after a step with a voided turn', async () => {
    await using world = await openWorld(sandbox, { limits: { wallMs: 200 } })
    expect(await refusal(world)).toBe('there is no world to write')
    await world.run('let a = 1')
    await taken(world)
    await world.run('for (;;);')
    expect(await refusal(world)).toBe('there is no world to write')
    expect((await world.run('a')).preview).toBe('1')
  })

  it('does not fit a world with other inputs or limits', async () => {
    const checkpoints: Checkpoint[] = []
    {
      await using world = await openWorld(sandbox, { inputs: { n: 1 } })
      await world.run('let a = n')
      checkpoints.push(await taken(world))
    }
    for (const other of [{ inputs: { n: 2 } }, { limits: { callsPerStep: 7 } }]) {
      await using world = await openWorld(sandbox, { inputs: { n: 1 }, ...other, checkpoints })
      expect(world.session.restored).toEqual({ refused: [] })
    }
    await using same = await openWorld(sandbox, { inputs: { n: 1 }, checkpoints })
    expect(same.session.restored).toEqual({ step: 1, refused: [] })
  })

  it('is refused if it was changed, and an older one is used', async () => {
    const checkpoints: Checkpoint[] = []
    {
      await using world = await openWorld(sandbox)
      await world.run('let a = 41')
      checkpoints.push(await taken(world))
      await world.run('a += 1')
      checkpoints.push(await taken(world))
    }
    const [older, newer] = checkpoints as [Checkpoint, Checkpoint]
    const changes = [
      // Change the variable and not digits of the clock.
      newer.text.replace('["a",42', '["a",43'),
      newer.text.slice(0, -9),
      '',
      '{"variables":[["a b",1]],"constants":[]}',
    ]
    for (const text of changes) {
      await using world = await openWorld(sandbox, { checkpoints: [older, { ...newer, text }] })
      expect(world.session.restored).toMatchObject({ step: 1, refused: [{ step: 2 }] })
      expect((await world.run('a', { step: 3 })).preview).toBe('41')
    }
  })
})
