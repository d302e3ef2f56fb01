import type { Snippet } from './snippet.ts'

/** Code that gives some properties of an object a getter. Its descriptors inherit nothing, so all of them are defined. */
const getters = (object: string, keys: string, body: string) =>
  `{ const define = Object.defineProperty; for (const key of [${keys}]) define(${object}, key, { __proto__: null, get() { ${body} }, configurable: true }) }`
const throwing = (object: string, ...keys: string[]) =>
  getters(object, keys.join(), 'throw new Error("poisoned")')
const looping = (object: string, ...keys: string[]) => getters(object, keys.join(), 'for (;;);')

const DESCRIPTOR = ['"get"', '"set"', '"value"', '"writable"', '"enumerable"', '"configurable"']
const ITERATION = ['Symbol.iterator', 'Symbol.asyncIterator', '"next"', '"done"', '"return"']
const ERROR = ['"name"', '"message"', '"stack"', '"cause"', '"errors"', '"call"']
const FUNCTION = ['"call"', '"apply"', '"bind"', '"name"', '"length"', '"prototype"']
const CONVERSION = ['"toString"', '"valueOf"', '"toJSON"', 'Symbol.toPrimitive', 'Symbol.toStringTag']

const echoed = 'const kinds = (await echo({ a: [1, { b: new Date(1) }] })).a.length; kinds'

/** Code that tries to keep its step open for ever: before an output, in a wait, in a cleanup, against a cancel. */
export const hang: readonly Snippet[] = [
  // Poisoned prototypes before each kind of output.
  [
    'a throwing get before an error',
    'refused',
    'Object.defineProperty(Object.prototype, "get", { get() { throw new Error() } }); null.x',
  ],
  [
    'a looping get before an error',
    'refused',
    'Object.defineProperty(Object.prototype, "get", { get() { for (;;); } }); null.x',
  ],
  [
    'throwing descriptors before a value',
    'done',
    `${throwing('Object.prototype', ...DESCRIPTOR)} ({ a: 1 })`,
  ],
  ['looping descriptors before a value', 'done', `${looping('Object.prototype', ...DESCRIPTOR)} ({ a: 1 })`],
  [
    'throwing descriptors before a print',
    'done',
    `${throwing('Object.prototype', ...DESCRIPTOR)} console.log([1])`,
  ],
  [
    'looping descriptors before a print',
    'done',
    `${looping('Object.prototype', ...DESCRIPTOR)} console.log([1])`,
  ],
  [
    'throwing descriptors before a call',
    'done',
    `${throwing('Object.prototype', ...DESCRIPTOR)} await echo({ a: 1 })`,
  ],
  [
    'looping descriptors before a call',
    'done',
    `${looping('Object.prototype', ...DESCRIPTOR)} await echo({ a: 1 })`,
  ],
  [
    'looping descriptors before a final answer',
    'done',
    `${looping('Object.prototype', ...DESCRIPTOR)} finalAnswer({ a: [1] })`,
  ],
  [
    'looping descriptors before a table',
    'done',
    `${looping('Object.prototype', ...DESCRIPTOR)} [{ a: 1, b: 2 }, { a: 3, b: 4 }]`,
  ],
  [
    'looping descriptors before a call that fails',
    'refused',
    `${looping('Object.prototype', ...DESCRIPTOR)} await fails({})`,
  ],
  [
    'looping descriptors before an import',
    'refused',
    `${looping('Object.prototype', ...DESCRIPTOR)} await import("nothing")`,
  ],
  [
    'looping descriptors before a deadlock',
    'refused',
    `${looping('Object.prototype', ...DESCRIPTOR)} await Promise.race([])`,
  ],
  [
    'looping descriptors before a sleep',
    'done',
    `${looping('Object.prototype', ...DESCRIPTOR)} await sleep(1); 1`,
    '1',
  ],
  [
    'looping fields of errors before an unhandled rejection',
    'stopped',
    `${looping('Object.prototype', ...ERROR)} Promise.reject({}); 1`,
  ],
  [
    'throwing fields of errors before a thrown object',
    'refused',
    `${throwing('Object.prototype', ...ERROR)} throw {}`,
  ],
  [
    'looping fields of errors before a thrown object',
    'refused',
    `${looping('Object.prototype', ...ERROR)} throw {}`,
  ],
  [
    'looping fields on the prototype of errors',
    'refused',
    `${looping('Error.prototype', '"message"', '"toString"', '"stack"', '"cause"')} null.x`,
  ],
  [
    'throwing iterators before a value with lists',
    'done',
    `${throwing('Array.prototype', ...ITERATION)} ({ a: [1, [2]] })`,
  ],
  ['looping iterators before a call', 'done', `${looping('Array.prototype', ...ITERATION)} ${echoed}`, '2'],
  [
    'looping iterators of Map and Set before their preview',
    'done',
    `${looping('Map.prototype', ...ITERATION)} ${looping('Set.prototype', ...ITERATION)} [new Map([[1, 2]]).size, new Set().size]`,
    '[1, 0]',
  ],
  [
    'a looping next of the prototype of iterators',
    'done',
    `${looping('Object.getPrototypeOf([].values())', '"next"')} ${echoed}`,
    '2',
  ],
  [
    'a looping length and index of lists',
    'done',
    `${looping('Object.prototype', '"length"', '0', '1')} ${echoed}`,
    '2',
  ],
  ['looping methods of functions', 'done', `${looping('Function.prototype', ...FUNCTION)} ${echoed}`, '2'],
  ['throwing methods of functions', 'done', `${throwing('Function.prototype', ...FUNCTION)} ${echoed}`, '2'],
  [
    'looping conversions before a print',
    'done',
    `${looping('Object.prototype', ...CONVERSION)} console.log({}, [])`,
  ],
  [
    'looping conversions before a wrong argument',
    'refused',
    `${looping('Object.prototype', ...CONVERSION)} await echo(1)`,
  ],
  ['a looping $ before a call', 'done', `${looping('Object.prototype', '"$"')} ${echoed}`, '2'],
  [
    'looping groups of matches before an error with a position',
    'refused',
    `${looping('Object.prototype', '"groups"', '"index"', '"indices"', '"input"')} let x = 1; x.y.z`,
  ],
  [
    'looping properties of the global object',
    'done',
    `${looping('globalThis', '"Object"', '"Array"', '"Promise"', '"JSON"', '"Error"', '"String"', '"Map"')} await echo({ a: 1 })`,
  ],

  // `then`, `constructor` and species of promises.
  [
    'a looping then before a result',
    'stopped',
    `${looping('Object.prototype', '"then"')} await echo({ a: 1 })`,
  ],
  [
    'a throwing then before a result',
    'refused',
    `${throwing('Object.prototype', '"then"')} await echo({ a: 1 })`,
  ],
  [
    'a then that never settles for every object',
    'refused',
    'Object.prototype.then = function () {}; await echo({ a: 1 })',
  ],
  [
    'a looping then of promises',
    'done',
    `${looping('Promise.prototype', '"then"', '"catch"', '"finally"')} await 1`,
  ],
  [
    'a looping constructor of promises',
    'stopped',
    `${looping('Promise.prototype', '"constructor"')} await echo({})`,
  ],
  [
    'a throwing constructor of promises',
    'refused',
    `${throwing('Promise.prototype', '"constructor"')} await echo({})`,
  ],
  [
    'a species of promises that never settles',
    'refused',
    'class P extends Promise { static get [Symbol.species]() { return function (f) { f(() => {}, () => {}); return new Promise(() => {}) } } } await new P((r) => r(1)).then(() => 1, () => 2)',
  ],
  [
    'a subclass of promises whose then loops',
    'stopped',
    'class Q extends Promise { then() { for (;;); } } await Q.resolve(1)',
  ],
  [
    'a promise resolved with itself later',
    'refused',
    'let r; const p = new Promise((f) => (r = f)); r(p); await p',
  ],
  [
    'thenables that resolve to one another',
    'stopped',
    'const a = { then(r) { r(b) } }, b = { then(r) { r(a) } }; await a',
  ],
  [
    'a thenable with endless layers',
    'stopped',
    'const layer = (n) => ({ then(r) { r(layer(n + 1)) } }); await layer(0)',
  ],
  ['a thenable that never settles', 'refused', 'await { then() {} }'],
  ['a thenable behind a Proxy', 'stopped', 'await new Proxy({}, { get() { for (;;); } })'],

  // Waits that nothing ends.
  ['a race of nothing', 'refused', 'await Promise.race([])'],
  ['a promise without resolvers', 'refused', 'await Promise.withResolvers().promise'],
  [
    'two functions that wait for each other',
    'refused',
    'const p = Promise.resolve().then(() => q), q = Promise.resolve().then(() => p); await p',
  ],
  [
    'a lock that is never released',
    'refused',
    'let held = new Promise(() => {}); const locked = async (n) => { await held; return echo({ n }) }; await Promise.all([locked(1), locked(2)])',
  ],
  [
    'a deadlock after several calls',
    'refused',
    'const turns = [echo({}), echo({}), echo({})]; await Promise.all(turns); await Promise.any([new Promise(() => {})])',
  ],
  [
    'calls that wait for a call that is never made',
    'refused',
    'const go = Promise.withResolvers(); const first = go.promise.then(() => echo({})); await Promise.all([echo({}), first])',
  ],
  [
    'several calls that never return',
    'stopped',
    'await Promise.all([slow({}), slow({}), slow({}), sleep(1)])',
  ],
  ['the first of calls that never return', 'stopped', 'await Promise.any([slow({}), slow({}), fails({})])'],
  ['a call that never returns beside a loop of calls', 'refused', 'slow({}); for (;;) await echo({})'],
  ['waits that add up', 'stopped', 'for (let i = 0; i < 50; i++) await sleep(100)'],
  [
    'waits side by side that add up',
    'stopped',
    'for (;;) await Promise.all([sleep(100), sleep(150), slow({})].slice(0, 2))',
  ],
  ['a timer dropped by clearTimeout', 'refused', 'await new Promise((r) => clearTimeout(setTimeout(r, 10)))'],
  [
    'calls dropped one after the other',
    'refused',
    'for (let i = 0; i < 20; i++) clearTimeout(setTimeout(() => {}, 100_000)); await { then(r) { clearTimeout(setTimeout(r, 5)) } }',
  ],
  [
    'an interval that stops itself',
    'refused',
    'await new Promise(() => { const t = setInterval(() => clearInterval(t), 1) })',
  ],
  [
    'a timer that arms itself again',
    'stopped',
    'const arm = () => setTimeout(arm, 20); arm(); await new Promise(() => {})',
  ],
  [
    'timers that arm one another',
    'stopped',
    'const tick = () => setTimeout(tock, 25), tock = () => setTimeout(tick, 25); tick(); await Promise.race([])',
  ],
  ['an interval that is never cleared', 'stopped', 'setInterval(() => {}, 30); await new Promise(() => {})'],
  ['a timer whose callback loops', 'stopped', 'setTimeout(() => { for (;;); }, 1); await sleep(400)'],
  [
    'a timer whose callback throws',
    'refused',
    'await new Promise(() => setTimeout(() => { throw new Error("late") }, 1))',
  ],

  // Cleanups, and what is caught.
  ['a swallowed throw in a loop', 'stopped', 'for (;;) try { null.x } catch {}'],
  ['a return in finally in a loop', 'stopped', 'for (;;) (() => { try { throw 1 } finally { return } })()'],
  ['a continue in finally', 'stopped', 'for (;;) { try { break } finally { continue } }'],
  [
    'a swallowed overflow in a loop',
    'stopped',
    'const over = () => over(); for (;;) try { over() } catch {}',
  ],
  [
    'a swallowed final answer in a loop',
    'stopped',
    'for (;;) { try { finalAnswer(1) } catch {} finally { continue } }',
  ],
  ['a swallowed refusal of calls in a loop', 'stopped', 'for (;;) try { await echo(1) } catch {}'],
  ['a loop after the limit of calls', 'stopped', 'for (;;) try { await echo({}) } catch {}'],
  ['a loop that waits in finally', 'stopped', 'for (;;) try { await slow({}) } finally { await slow({}) }'],
  [
    'a finally that waits for ever',
    'refused',
    'try { await echo({}) } finally { await new Promise(() => {}) }',
  ],
  [
    'a finally that waits for a call',
    'stopped',
    'try { throw new Error("first") } finally { await slow({ last: 1 }) }',
  ],
  ['a cleanup that loops', 'stopped', 'try { await slow({ a: 1 }) } finally { for (;;); }'],
  [
    'a cleanup that loops in microtasks',
    'stopped',
    'try { await slow({ b: 1 }) } finally { for (;;) await null }',
  ],
  [
    'a cleanup that calls again and again',
    'stopped',
    'for (let n = 0; ; n++) try { await slow({ n }) } catch { await null }',
  ],
  [
    'a cleanup of a cleanup',
    'stopped',
    'const again = async () => { try { await slow({}) } catch {} finally { await again() } }; await again()',
  ],
  [
    'a cancel that is caught by many',
    'stopped',
    'await Promise.allSettled(Array.from({ length: 50 }, async () => { for (;;) try { await slow({}) } catch { await null } }))',
  ],
  [
    'an async disposal that never ends',
    'either',
    'await using held = { async [Symbol.asyncDispose]() { await slow({}) } }; 1',
  ],

  // Generators and proxies.
  [
    'a generator that refuses to return',
    'stopped',
    'const g = (function* () { for (;;) try { yield } finally { continue } })(); for (const _ of g) break; for (;;) g.return()',
  ],
  [
    'an async generator that is never resumed',
    'refused',
    'const g = (async function* () { await new Promise(() => {}); yield 1 })(); g.next(); await g.return()',
  ],
  [
    'a for await whose return waits',
    'stopped',
    'for await (const _ of { [Symbol.asyncIterator]() { return { async next() { return { value: 1 } }, return: () => slow({}) } } }) break',
  ],
  ['a generator that delegates to itself', 'either', 'function* g() { yield* g() } for (const _ of g());'],
  [
    'a Proxy in the prototype of Object.prototype',
    'refused',
    'Object.setPrototypeOf(Object.prototype, new Proxy({}, { get() { for (;;); } })); missing.x',
  ],
  [
    'a Proxy in the prototypes of lists',
    'done',
    `Object.setPrototypeOf(Array.prototype, new Proxy({}, { get() { for (;;); }, has() { for (;;); } })); ${echoed}`,
    '2',
  ],
  [
    'a Proxy in the prototypes of errors',
    'refused',
    'Object.setPrototypeOf(TypeError.prototype, new Proxy(Error.prototype, { get() { for (;;); }, getPrototypeOf() { for (;;); } })); null.x',
  ],
  [
    'a Proxy in the prototypes of functions',
    'done',
    `Object.setPrototypeOf(Function.prototype, new Proxy({}, { get() { for (;;); } })); ${echoed}`,
    '2',
  ],
  [
    'a thrown object whose prototypes loop',
    'refused',
    'throw Object.create(new Proxy({}, { get() { for (;;); }, getPrototypeOf() { for (;;); }, getOwnPropertyDescriptor() { for (;;); } }))',
  ],
  [
    'an argument whose prototypes loop',
    'either',
    'await echo({ x: Object.create(new Proxy({}, { get() { for (;;); }, getPrototypeOf() { for (;;); } })) })',
  ],
]
