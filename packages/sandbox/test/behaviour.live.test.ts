import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { RegExpLiteral, type Sandbox } from '@bailiwick/contract/world'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createSandbox } from '../src/index.ts'
import { useBubblewrap } from '../src/testing/use-bubblewrap.ts'
import { openWorld, type TestWorld, type TestWorldOptions } from './open-world.ts'
import { packageFolder } from './package-folder.ts'

await useBubblewrap()

const cacheDir = mkdtempSync(join(tmpdir(), 'bailiwick-modules-'))
const importsFrom = packageFolder({
  pair: { 'index.js': 'export const two = 2; export default "pair"', 'sub.js': 'export const deep = 3' },
  broken: { 'index.js': 'null.field' },
  lone: { 'index.js': 'export const one = 1' },
  data: { 'index.js': 'export { default } from "./data.json"', 'data.json': '{"a":1}' },
})

/** A call that ends when it is dropped. */
function until(signal: AbortSignal): Promise<string> {
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve('dropped'), { once: true }))
}

describe('guest code', () => {
  let sandbox: Sandbox
  /** A world for code that needs no tools and no fresh world. */
  let shared: TestWorld
  beforeAll(async () => {
    sandbox = await createSandbox({ cacheDir })
    shared = await openWorld(sandbox)
  })
  afterAll(async () => {
    await shared[Symbol.asyncDispose]()
    await sandbox[Symbol.asyncDispose]()
  })
  const open = (options?: TestWorldOptions) => openWorld(sandbox, { importsFrom, ...options })
  /** Runs steps in a fresh world. Returns the last step's observation. */
  const run = async (steps: string | string[], options?: TestWorldOptions) => {
    await using world = await open(options)
    let last = await world.run([steps].flat()[0] ?? '')
    for (const code of [steps].flat().slice(1)) last = await world.run(code)
    return last
  }
  const preview = async (steps: string | string[], options?: TestWorldOptions) =>
    (await run(steps, options)).preview

  it('keeps variables and functions from step to step', async () => {
    expect(
      await preview([
        'const a = 1; let b = 2; var c = 3; class K { get() { return a } } function f() { return b }',
        'const { d, e: [e] } = { d: 4, e: [5] }; for (var g = 0; g < 6; g++) {}',
        'b = 20; [a, b, c, d, e, g, f(), new K().get()]',
      ]),
    ).toBe('[1, 20, 3, 4, 5, 6, 20, 1]')
    expect(
      await preview([
        'function inner() { return 1 } function outer() { return inner() }',
        'function inner() { return 2 }',
        'outer()',
      ]),
    ).toBe('2')
    expect(await preview(['const again = 1', 'const again = 2', 'again'])).toBe('2')
  })

  it.each([
    ['a function', 'function foo(a) { return a }'],
    ['its spaces and comments', 'function /* c */ foo\n( a )  { // d\n}'],
    ['an async function', 'async function foo(a) { await a }'],
    ['a generator', 'function* foo(a) { yield a }'],
    ['an async generator', 'async function*foo(a) { yield a }'],
    ['an exported function', 'function foo(a) { return a }', 'export '],
    ['a default export', 'function foo(a) { return a }', 'export default '],
    ['a name with an escape', 'function f\\u006fo() {}'],
    ['a class', 'class foo { #a = 1; get a() { return this.#a } static { foo.b = 1 } }'],
    ['an arrow function', '(a) => a', 'const foo = '],
    ['a function expression', 'function (a) { return a }', 'let foo = '],
    ['a named function expression', 'function bar(a) { return bar }', 'var foo = '],
    ['catch', 'function foo() { try { a() } catch { b() } }'],
    ['catch with a name', 'function foo() { try { a() } catch (e) {b(e)} }'],
    [
      'catch with a pattern',
      'function foo() { try { a() } catch ({ message = "m" } /* ) */ ) { b(message) } }',
    ],
    ['import()', 'async function foo() { return [await import("pair"), import ("lone")] }'],
    [
      'everything, nested',
      'class foo { m() { return () => { try { import("a") } catch { try {} catch ({}) {} } } } }',
    ],
  ])('reads the source of its functions as it was written: %s', async (_, source, before = '') => {
    await using world = await open({ imports: ['*'] })
    expect(await world.run(`${before}${source}\n;foo.toString()`)).toMatchObject({
      status: 'ok',
      preview: source,
    })
    expect(
      (
        await world.run(
          '[String(foo), [foo].join(), Function.prototype.toString.call(foo)].every((text) => text === foo + "") && foo + ""',
        )
      ).preview,
    ).toBe(source)
    expect((await world.run('foo.name')).preview).toMatch(/^(foo|bar)$/)
  })

  it('reads the source of functions inside its functions', async () => {
    const inner = 'function inner(a) { try { return a } catch { return () => { try {} catch (e) {} } } }'
    await using world = await open()
    await world.run(`function outer() { return ${inner} }`)
    expect((await world.run('outer() + ""')).preview).toBe(inner)
    expect((await world.run('class A { m() { try {} catch {} } }; A.prototype.m + ""')).preview).toBe(
      'm() { try {} catch {} }',
    )
    expect((await world.run('Function.prototype.toString.call({})')).error?.name).toBe('TypeError')
    expect((await world.run('[Math.max + "", Function.prototype.toString.name]')).preview).toBe(
      '["function max() { [native code] }", "toString"]',
    )
  })

  it('reaches a redefined function from the old one too', async () => {
    expect(
      await preview([
        'function fact(n) { return n < 2 ? 1 : n * fact(n - 1) } const old = fact; fact(4)',
        'function fact(n) { return 100 }',
        '[old(3), fact(3)]',
      ]),
    ).toBe('[300, 100]')
    expect(
      await preview([
        'let calls = 0; function fib(n) { calls++; return n < 2 ? n : fib(n - 1) + fib(n - 2) }',
        'const seen = new Map(), slow = fib; fib = (n) => { if (!seen.has(n)) seen.set(n, slow(n)); return seen.get(n) }',
        '[fib(40), calls]',
      ]),
    ).toBe('[102334155, 41]')
    expect(await preview(['let f = 1', 'function f() { return typeof f }', 'let f = f()', 'f'])).toBe(
      'function',
    )
  })

  it('keeps a function in a block local to the block', async () => {
    expect(await preview('{ f(2); function f(a) { return a } f(3) }')).toBe('3')
    expect(await preview(['try { function f() {} } finally {} typeof f', 'typeof f'])).toBe('undefined')
    expect(await preview(['const t = 1; { function t() {} } t', 't'])).toBe('1')
    const steps = ['let n = 1; const c = 1', 'if (n) { function n() {} function c() {} } n = 5; c', '[n, c]']
    expect(await preview(steps)).toBe('[5, 1]')
    expect(await preview('{ let a; { function g() { try { null.x } catch { return 4 } } a = g } a() }')).toBe(
      '4',
    )
    expect(await preview('if (true) { function g() { return 1 } g + "" }')).toBe('function g() { return 1 }')
  })

  it('keeps its state after a step that threw', async () => {
    expect(await preview(['let n = 1; n = 2; throw new Error("no"); n = 3', 'n'])).toBe('2')
  })

  it('shows what it printed before an error', async () => {
    const seen = await shared.run('console.log("before"); null.x')
    expect(seen).toMatchObject({ status: 'error', printed: 'before' })
  })

  it('prints from functions and callbacks in order', async () => {
    await using world = await open()
    const { printed } = await world.run(
      'function say(x) { console.log("f", x) }; [1, 2].forEach(say); await Promise.resolve().then(() => console.info("then")); console.error({ a: [1] })',
    )
    expect(printed).toBe('f 1\nf 2\nthen\n{ a: [1] }')
    expect(world.printed).toEqual(printed.split('\n'))
  })

  it('says how much of its output is not shown', async () => {
    const { printed } = await run('for (let i = 0; i < 10; i++) console.log("x".repeat(9))', {
      limits: { outputChars: 40 },
    })
    expect(printed.split('\n')).toEqual([
      ...Array(4).fill('x'.repeat(9)),
      '… (6 more lines, 60 characters not shown)',
    ])
  })

  it('has its output limited while it runs', async () => {
    await using world = await open({ limits: { outputChars: 1_000 } })
    const { printed } = await world.run(
      'const line = "y".repeat(1000); for (let i = 0; i < 200_000; i++) console.log(line)',
    )
    expect(printed.length).toBeLessThan(1_100)
    expect(printed).toContain('199999 more lines')
    expect(world.printed).toHaveLength(1)
  })

  it.each([
    ['an expression', '1 + 1', '2'],
    ['an assignment', 'let x; x = 3', '3'],
    ['an if', 'if (true) { "yes" } else { "no" }', 'yes'],
    ['a loop body', 'for (let i = 0; i < 4; i++) i * 10', '30'],
    ['a try', 'try { null.x } catch { "caught" }', 'caught'],
    ['a switch', 'switch (2) { case 1: "one"; break; case 2: "two" }', 'two'],
    ['an awaited value', 'await Promise.resolve(5)', '5'],
    ['a return', 'return 6', '6'],
    ['a default export', 'export default { a: 7 }', '{ a: 7 }'],
    ['before an exported function', '8; export function later() {}', '8'],
  ])('shows the value of its last expression: %s', async (_, code, shown) => {
    expect((await shared.run(code)).preview).toBe(shown)
  })

  it.each(['const a = 1', 'undefined', '', 'function f() {}', '// nothing'])(
    'shows nothing if it has no value: %s',
    async (code) => {
      expect(await shared.run(code)).toMatchObject({ status: 'ok', preview: '' })
    },
  )

  it('shows a part of a long value and keeps the whole', async () => {
    const seen = await run([
      'const long = Array.from({ length: 5000 }, (_, i) => i); long',
      'finalAnswer(long)',
    ])
    expect(seen.final?.value).toHaveLength(5000)
    const cut = await preview('Array.from({ length: 5000 }, (_, i) => i)')
    expect(cut).toContain('… 4900 more')
    expect(await preview('"z".repeat(20000)')).toMatch(/^z{8000}… \(12000 more characters\)$/)
  })

  it('stops the path that called finalAnswer, and drops other branches once they are idle', async () => {
    await using world = await open({ tools: { quick: () => 'q', slow: (_, __, signal) => until(signal) } })
    const seen = await world.run(
      'let after = 0, other = []; const branch = (async () => { other.push(await quick({})); other.push(await slow({})) })(); await quick({}); await Promise.all([branch, (async () => { finalAnswer("a"); after = 1 })()])',
    )
    expect(seen).toMatchObject({ status: 'ok', final: { value: 'a' } })
    expect((await world.run('[after, other]')).preview).toBe('[0, ["q"]]')
  })

  it('cannot catch a final answer', async () => {
    const seen = await run(
      'try { try { finalAnswer(7) } catch { console.log("one") } } catch ({ message }) { console.log("two") } console.log("three")',
    )
    expect(seen).toMatchObject({ status: 'ok', final: { value: 7 }, printed: '' })
    const promised = await run(
      'await (async () => finalAnswer(8))().catch(() => console.log("four")); console.log("five")',
    )
    expect(promised).toMatchObject({ final: { value: 8 }, printed: '' })
  })

  it('runs finally blocks after a final answer', async () => {
    expect(await run('try { finalAnswer(1) } finally { console.log("cleaned") }')).toMatchObject({
      printed: 'cleaned',
      final: { value: 1 },
    })
  })

  it('refuses a promise as the answer, which would become an empty object', async () => {
    const late = 'const late = async () => 42\n'
    for (const [answer, where] of [
      ['late()', 'is a promise'],
      ['{ total: late() }', 'holds a promise at $.total'],
      ['[[1], [late()]]', 'holds a promise at $[1][0]'],
    ]) {
      const { final, error } = await run(`${late}finalAnswer(${answer})`)
      expect(final).toBeUndefined()
      expect(error?.message).toBe(`the final answer ${where}: missing await`)
    }
    expect((await run(`${late}finalAnswer(await late())`)).final?.value).toBe(42)
  })

  it('can call finalAnswer in nested functions, loops and callbacks', async () => {
    expect(
      (await run('function deep(n) { return n === 0 ? finalAnswer("deep") : deep(n - 1) } deep(20)')).final
        ?.value,
    ).toBe('deep')
    expect((await run('for (const x of [1, 2, 3]) if (x === 2) finalAnswer(x)')).final?.value).toBe(2)
    expect((await run('[5, 6].map((x) => finalAnswer(x))')).final?.value).toBe(5)
    expect(
      (
        await run([
          'const later = () => finalAnswer("earlier step")',
          'try { later() } catch (e) { console.log(e) }',
        ])
      ).final?.value,
    ).toBe('earlier step')
  })

  it('passes its answer as one value', async () => {
    expect((await run('finalAnswer({ answer: 3, unit: "m" })')).final?.value).toEqual({
      answer: 3,
      unit: 'm',
    })
    expect((await run('finalAnswer()')).final).toEqual({ value: undefined })
  })

  it('gets a readable error for an answer that cannot be sent', async () => {
    const seen = await run('const loop = {}; loop.self = loop; finalAnswer(loop)')
    expect(seen.final).toBeUndefined()
    expect(seen.error?.message).toBe('a value that contains itself cannot be sent: $.self')
    const long = await run('finalAnswer("x".repeat(2000))', { limits: { answerChars: 1_000 } })
    expect(long.error?.message).toBe('the final answer is longer than 1000 characters')
  })

  it('gets a readable error for a missing argument of a tool', async () => {
    const schemas = { search: { type: 'object', properties: { query: {}, limit: {} }, required: ['query'] } }
    const world = { tools: { search: () => 1 }, schemas }
    expect((await run('await search({ limit: 3 })', world)).error?.message).toBe(
      'search needs the argument `query`: search({ query, limit })',
    )
    expect((await run('await search("text")', world)).error?.message).toBe(
      'search takes one object: search({ query, limit })',
    )
  })

  it('exchanges structured values with their exact types', async () => {
    const value = {
      date: new Date(5),
      map: new Map<unknown, unknown>([[{ k: 1 }, new Set([1n])]]),
      bytes: new Uint8Array([1, 2, 255]),
      floats: new Float64Array([0.5]),
      nested: { none: undefined, zero: -0, not: Number.NaN },
      $: 'own',
      pattern: /a+/gi,
    }
    await using world = await open({ inputs: { value }, tools: { echo: (args) => args } })
    const seen = await world.run(
      'const back = await echo({ value }); finalAnswer({ back, same: [back.value.date instanceof Date, back.value.map.size, back.value.bytes[2], Object.is(back.value.nested.zero, -0), "none" in back.value.nested, back.value.pattern.test("xA")] })',
    )
    // The host gets a regular expression as its text.
    const outside = { ...value, pattern: new RegExpLiteral('a+', 'gi') }
    expect(seen.final?.value).toEqual({ back: { value: outside }, same: [true, 1, 255, true, true, true] })
    expect(world.calls[0]?.args).toEqual({ value: outside })
  })

  it('cannot assign or declare the name of a tool', async () => {
    await using world = await open({ tools: { search: () => 'tool' } })
    for (const code of [
      'search = 1',
      'const search = 1',
      'function search() {}',
      'globalThis.search = 1',
      'finalAnswer = 2',
      'let { sleep } = {}',
    ]) {
      const seen = await world.run(code)
      expect([code, seen.status]).toEqual([code, 'error'])
      expect(seen.error?.message).toMatch(/search|finalAnswer|sleep/)
      expect([code, (await world.run('await search({})')).preview]).toEqual([code, 'tool'])
    }
  })

  it('gets the nearest name if it calls an unknown function', async () => {
    expect((await run('await serach({})', { tools: { search: () => 1 } })).error).toMatchObject({
      name: 'ReferenceError',
      message: 'serach is not defined; did you mean `search`?',
    })
  })

  it('fails if it reads an undefined variable', async () => {
    expect((await shared.run('nothing + 1')).error).toMatchObject({
      name: 'ReferenceError',
      message: 'nothing is not defined',
    })
  })

  it('fails if it misspells a variable', async () => {
    expect((await run(['const total = 5', 'totl'])).status).toBe('error')
  })

  it('fails if it adds to an undefined variable', async () => {
    expect((await shared.run('undef += 5')).error?.name).toBe('ReferenceError')
  })

  it('gets the line and a caret in its own source for a syntax error, also with types', async () => {
    expect((await shared.run('const a = 1\nconst b = (2 +')).error).toMatchObject({
      name: 'SyntaxError',
      line: 2,
      excerpt: expect.stringContaining('const b = (2 +\n'),
    })
    expect((await shared.run('const a: number = 1;\nfunction f(x: string {}')).error).toMatchObject({
      name: 'SyntaxError',
      line: 2,
      excerpt: 'function f(x: string {}\n                     ^',
    })
  })

  it('gets an error for a comment that V8 would skip and the rewriting would not', async () => {
    const hidden = 'try { finalAnswer(1) } catch (e) { <!-- x\n console.log("caught") }'
    expect(await shared.run(hidden)).toMatchObject({
      status: 'error',
      printed: '',
      error: { name: 'SyntaxError', line: 1 },
    })
    const shown = 'let x = 1; x <!--x /*\ntry { finalAnswer(1) } catch { console.log("caught") } //*/'
    expect(await shared.run(shown)).toMatchObject({
      status: 'error',
      printed: '',
      error: { name: 'SyntaxError', line: 1 },
    })
    const own = '{ let $bailiwick = { caught() {} }; try { finalAnswer(1) } catch { console.log("caught") } }'
    expect(await shared.run(own)).toMatchObject({
      status: 'error',
      printed: '',
      error: { name: 'SyntaxError', line: 1 },
    })
  })

  it('gets the offending line and the type of a runtime error', async () => {
    expect((await shared.run('const ok = 1\nconst a: { b?: any } = {}\n  a.b.c')).error).toEqual({
      name: 'TypeError',
      message: "Cannot read properties of undefined (reading 'c')",
      line: 3,
      column: 7,
      excerpt: '  a.b.c\n      ^',
    })
    const inFunction = await shared.run(
      'class Odd extends Error { name = "OddError" }\nfunction f() {\n  throw new Odd("why")\n}\nf()',
    )
    expect(inFunction.error).toMatchObject({ name: 'OddError', message: 'why', line: 3 })
    expect((await shared.run('throw "text"')).error?.message).toBe('thrown: text')
  })

  it('gets the granted packages if it imports another module', async () => {
    expect((await run('import fs from "node:fs"', { imports: ['pair'] })).error).toMatchObject({
      name: 'ImportError',
      message: '"node:fs" is a module of the runtime and may not be imported; granted here: pair',
    })
    expect((await run('await import("lone")')).error?.message).toBe(
      '"lone" may not be imported; nothing may be imported here',
    )
    expect((await run('await import("data:text/javascript,1")', { imports: ['*'] })).status).toBe('error')
    expect(
      (await run('const name = "pa" + "ir"; await import(name)', { imports: ['pair'] })).error?.message,
    ).toContain('as a literal text')
  })

  it('cannot import a submodule if only its package is granted', async () => {
    expect((await run('import { deep } from "pair/sub.js"', { imports: ['pair'] })).status).toBe('error')
  })

  it('can import what the patterns pkg/* and * grant', async () => {
    const pair = { imports: ['pair/*'] }
    expect(await preview('import { deep } from "pair/sub.js"; deep', pair)).toBe('3')
    expect((await run('import { two } from "pair"; two', pair)).status).toBe('error')
    expect(
      await preview(
        'import name, { two as dos } from "pair"; import * as lone from "lone"; [name, dos, lone.one, (await import("pair")).two]',
        { imports: ['*'] },
      ),
    ).toBe('["pair", 2, 1, 2]')
    expect(await preview(['import { two } from "pair"', 'two + 1'], { imports: ['pair'] })).toBe('3')
  })

  it('can import only JavaScript modules of a granted package', async () => {
    const granted = { imports: ['data', 'data/*'] }
    expect((await run('import data from "data/data.json"; data', granted)).error).toMatchObject({
      name: 'ImportError',
      message:
        '"data/data.json" could not be loaded: data.json is not a JavaScript module (.js, .mjs or .cjs); JSON, text and other files cannot be imported',
    })
    expect((await run('import data from "data"; data', granted)).error?.message).toContain(
      'data/index.js imports "./data.json": data.json is not a JavaScript module',
    )
  })

  it('does not start if a granted package is not installed', async () => {
    await expect(open({ imports: ['no-such-package'] })).rejects.toThrow(/no-such-package is not installed/)
  })

  it('gets an error that names a package that throws while it loads', async () => {
    await using world = await open({ imports: ['*'] })
    await world.run('let kept = 1')
    const seen = await world.run('import "broken"; kept = 2')
    expect(seen).toMatchObject({ status: 'error', error: { name: 'ImportError' } })
    expect(seen.error?.message).toMatch(/^"broken" threw while it was loaded: TypeError: Cannot read/)
    expect(
      (await world.run('try { await import("broken") } catch (e) { console.log(e.name) } kept')).preview,
    ).toBe('1')
    expect((await world.run('import { one } from "lone"; one + kept')).preview).toBe('2')
  })

  it('cannot hide a refused import by catching the error', async () => {
    const seen = await run('try { await import("node:net") } catch (e) { console.log(e.name) }')
    expect(seen).toMatchObject({ status: 'ok', printed: 'ImportError' })
    expect(seen.calls).toMatchObject([
      { name: 'import', args: { module: 'node:net' }, ok: false, reason: 'refused' },
    ])
  })

  it.concurrent.each([
    ['an endless while', 'while (true) {}'],
    ['an endless for', 'for (;;);'],
    ['an endless iterator', 'for (const x of { *[Symbol.iterator]() { for (;;) yield 1 } }) {}'],
    ['a microtask loop', 'const spin = () => Promise.resolve().then(spin); await spin()'],
    ['an async generator', 'for await (const x of (async function* () { for (;;) yield 1 })()) {}'],
    ['a regular expression that backtracks', '/^(a+)+$/.test("a".repeat(40) + "!")'],
  ])('is stopped: %s', async (_, code) => {
    await using world = await open({ limits: { wallMs: 300 } })
    await world.run('let kept = 1')
    const seen = await world.run(`kept = 2; ${code}`)
    expect(seen).toMatchObject({
      status: 'timeout',
      lost: expect.stringContaining('Nothing that this step did remains'),
    })
    expect(world.voided).toEqual([{ step: 2, turn: 0, reason: 'timeout', message: expect.any(String) }])
    expect((await world.run('kept')).preview).toBe('1')
  })

  it('gets a readable error for unbounded recursion', async () => {
    expect((await shared.run('const f = () => f() + 1; f()')).error).toMatchObject({
      name: 'RangeError',
      message: 'Maximum call stack size exceeded',
      line: 1,
    })
  })

  it('is stopped if it awaits a promise that never settles', async () => {
    const seen = await shared.run('await new Promise(() => {})')
    expect(seen).toMatchObject({ status: 'error', error: { name: 'DeadlockError' } })
    const waiting = await run('await never({})', {
      tools: { never: () => new Promise(() => {}) },
      limits: { waitMs: 100 },
    })
    expect(waiting).toMatchObject({
      status: 'timeout',
      error: { message: 'the step waited for calls for more than 100 ms' },
    })
  })

  it('loses only the step that uses too much memory', async () => {
    await using world = await open({ tools: { echo: ({ x }) => x }, limits: { memoryMb: 64 } })
    await world.run('let kept = await echo({ x: "kept" })')
    const seen = await world.run(
      'kept = await echo({ x: "half" }); const pile = []; for (;;) pile.push(new Array(1e5).fill(1.5))',
    )
    expect(seen).toMatchObject({
      status: 'out-of-memory',
      lost: expect.stringContaining('including the outcome of call 2.1'),
    })
    expect(world.voided).toMatchObject([
      { step: 2, turn: 1, reason: 'out-of-memory', lost: { kind: 'outcome' } },
    ])
    expect((await world.run('kept')).preview).toBe('kept')
    expect(world.calls).toHaveLength(2)
  })

  it('has no file system, processes or network', async () => {
    expect(
      await preview(
        '["process", "require", "module", "fetch", "Buffer", "XMLHttpRequest", "WebSocket", "Deno", "Bun", "WebAssembly", "SharedArrayBuffer", "Atomics", "setImmediate", "eval"].filter((name) => name in globalThis)',
      ),
    ).toBe('[]')
  })

  it.each([
    ['climbing constructors', '[].map.constructor("return this")()'],
    ['climbing from an async function', '(async () => {}).constructor("return 1")()'],
    ['climbing from a generator', 'Object.getPrototypeOf(function* () {}).constructor("yield 1")()'],
    ['indirect access by bind', 'Reflect.construct(Function.prototype.bind.constructor, ["return this"])()'],
    ['indirect access by Proxy', 'new Proxy(finalAnswer.constructor, {})("return this")()'],
    ['indirect access by map', '["return this"].map(sleep.constructor)[0]()'],
  ])('cannot reach the host by %s', async (_, code) => {
    expect((await shared.run(code)).error).toMatchObject({ name: 'EvalError' })
  })

  it('cannot reach the host by error objects, stack frames or prepareStackTrace', async () => {
    expect((await run('Error.prepareStackTrace = (_, frames) => frames')).error?.name).toBe('TypeError')
    const stack = await preview('try { await echo({}) } catch (e) { e.stack }', {
      tools: {
        echo: () => {
          throw new Error('no')
        },
      },
    })
    expect(stack).not.toMatch(/node:|\/src\/|\/dist\/|file:/)
    expect(await preview('let s; try { null.x } catch (e) { s = e.stack }; s')).not.toMatch(
      /node:|file:|\/dist\//,
    )
  })

  it('can call a dangerous tool that was granted', async () => {
    expect(
      await preview('await shell({ command: "ls" })', {
        tools: { shell: ({ command }) => `ran ${command}` },
      }),
    ).toBe('ran ls')
  })

  it('gets the nearest key of a result if it misspells one', async () => {
    const tools = { weather: () => ({ temperature: 3, readings: [{ humidity: 1 }] }) }
    expect(
      (await run('const w = await weather({}); w.temprature.toFixed(1)', { tools })).error?.message,
    ).toContain('did you mean `temperature`?')
    expect(
      (await run(['const w = await weather({})', 'w.readings[0].humidty.length'], { tools })).error?.message,
    ).toContain('did you mean `humidity`?')
  })

  it.each([
    ['async and await', 'const f = async (x) => (await x) + 1; await f(1)', '2'],
    ['generators', '[...(function* () { yield 1; yield* [2, 3] })()]', '[1, 2, 3]'],
    [
      'destructuring with defaults',
      'const { a = 1, ...rest } = { b: 2, c: 3 }; [a, rest]',
      '[1, { b: 2, c: 3 }]',
    ],
    ['classes', 'class A { #x = 1; static y = 2; get x() { return this.#x } }; [new A().x, A.y]', '[1, 2]'],
    ['labels', 'let n = 0; outer: for (;;) { for (;;) { n++; if (n > 3) break outer } } n', '4'],
    ['regex flags', '"a1b2".match(/(?<d>\\d)/dgv).length', '2'],
    ['top-level await in a loop', 'let s = 0; for await (const x of [Promise.resolve(1), 2]) s += x; s', '3'],
    [
      'types, generics, interfaces',
      'interface P { x: number }\ntype Q = P & { y: string }\nfunction id<T>(v: T): T { return v }\nid<Q>({ x: 1, y: "a" } as Q)',
      '{ x: 1, y: "a" }',
    ],
    ['enums', 'enum Color { Red, Green = "g" }\n[Color.Red, Color.Green]', '[0, "g"]'],
    [
      'parameter properties',
      'class P { constructor(private readonly x: number, public y = 2) {} sum() { return this.x + this.y } }\nnew P(1).sum()',
      '3',
    ],
    ['optional chaining', 'const o: any = {}; o?.a?.b ?? "none"', 'none'],
    // biome-ignore lint/suspicious/noTemplateCurlyInString: it is the code under test
    ['tagged templates', '((parts, ...values) => parts.raw.join("|") + values.length)`a${1}b`', 'a|b1'],
  ])('can use the whole language: %s', async (_, code, shown) => {
    expect(await shared.run(code)).toMatchObject({ status: 'ok', preview: shown })
  })
})

it('prints a table on lines of its own', async () => {
  await using sandbox = await createSandbox()
  await using world = await openWorld(sandbox)
  const rows = '[{ id: 1, name: "a" }, { id: 2, name: "b" }]'
  const { printed } = await world.run(
    `console.log("before"); console.log("Rows:", ${rows}, "end"); console.table(${rows}); console.log(1, "two", { three: 3 })`,
  )
  expect(printed.trimEnd()).toBe(`before
Rows:
id | name
 1 | a
 2 | b
end
id | name
 1 | a
 2 | b
1 two { three: 3 }`)
})
