import type { Snippet } from './snippet.ts'

const BACKTRACKS = '/(a+)+$/'
const COSTLY = `new RegExp("\\\\P{L}".repeat(4_000), "iv")`
const lists = (count: string) => `Array.from({ length: ${count} }, () => [])`

/** Code whose values cost the host time if it does more than pass them on. Most of it is allowed and ends by itself. */
export const pause: readonly Snippet[] = [
  // Regular expressions.
  [
    'a costly regular expression as an argument',
    'done',
    `(await echo({ r: ${COSTLY} })).r instanceof RegExp`,
    'true',
  ],
  ['a costly regular expression as the answer', 'done', `finalAnswer({ r: ${COSTLY} })`],
  ['a costly regular expression as the value', 'done', COSTLY],
  ['a costly regular expression, printed', 'done', `console.log(${COSTLY}); 1`, '1'],
  ['a costly regular expression, thrown', 'refused', `throw ${COSTLY}`],
  [
    'a costly regular expression as a key of a Map',
    'done',
    `(await echo({ m: new Map([[${COSTLY}, 1]]) })).m.size`,
    '1',
  ],
  [
    'regular expressions that backtrack',
    'done',
    `(await echo({ all: Array.from({ length: 5_000 }, () => ${BACKTRACKS}) })).all.length`,
    '5000',
  ],
  [
    'a regular expression of alternatives',
    'done',
    'const r = new RegExp(Array.from({ length: 9_000 }, (_, i) => "k" + i).join("|")); (await echo({ r })).r.source.length > 40_000',
    'true',
  ],
  [
    'a regular expression nested deep',
    'done',
    'const r = new RegExp("(".repeat(900) + ")".repeat(900)); (await echo({ r })).r.source.length',
    '1800',
  ],
  [
    'a regular expression with a lying source',
    'either',
    'const r = /a/; Object.defineProperty(r, "source", { get() { for (;;); } }); await echo({ r })',
  ],

  // Numbers.
  [
    'a BigInt just within the limit',
    'done',
    '(await echo({ n: 10n ** 9_998n })).n === 10n ** 9_998n',
    'true',
  ],
  ['a BigInt of 250,000 digits', 'refused', 'await echo({ n: 10n ** 250_000n })'],
  ['a BigInt of 250,000 digits as the answer', 'refused', 'finalAnswer(10n ** 250_000n)'],
  ['a BigInt of a million digits as the value', 'either', '10n ** 1_000_000n'],
  [
    'many BigInts',
    'done',
    '(await echo({ all: Array.from({ length: 25 }, () => 10n ** 9_900n) })).all.length',
    '25',
  ],
  [
    'many small BigInts',
    'done',
    '(await echo({ all: Array.from({ length: 10_000 }, (_, i) => BigInt(i)) })).all.length',
    '10000',
  ],
  [
    'numbers that JSON does not have',
    'done',
    '(await echo({ all: Array.from({ length: 11_000 }, () => NaN) })).all.length',
    '11000',
  ],
  [
    'long numbers',
    'done',
    '(await echo({ all: Array.from({ length: 12_000 }, (_, i) => Math.PI * i) })).all.length',
    '12000',
  ],

  // Wide, deep, many small.
  ['empty lists, echoed', 'done', `(await echo({ all: ${lists('60_000')} })).all.length`, '60000'],
  [
    'empty objects, echoed',
    'done',
    '(await echo({ all: Array.from({ length: 60_000 }, () => ({})) })).all.length',
    '60000',
  ],
  [
    'ten echoes of empty lists at once',
    'done',
    `const all = ${lists('20_000')}; (await Promise.all(Array.from({ length: 10 }, () => echo({ all })))).length`,
    '10',
  ],
  [
    'an object of many keys',
    'done',
    'Object.keys((await echo({ o: Object.fromEntries(Array.from({ length: 17_000 }, (_, i) => ["k" + i, 1])) })).o).length',
    '17000',
  ],
  [
    'keys that look like indices',
    'done',
    'Object.keys((await echo({ o: Object.fromEntries(Array.from({ length: 15_000 }, (_, i) => [i * 7_919, 1])) })).o).length',
    '15000',
  ],
  ['one long key', 'done', 'Object.keys(await echo({ ["k".repeat(200_000)]: 1 }))[0].length', '200000'],
  [
    'many long keys',
    'done',
    'Object.keys((await echo({ o: Object.fromEntries(Array.from({ length: 20 }, (_, i) => [i + "k".repeat(9_900), i])) })).o).length',
    '20',
  ],
  [
    'lists nested nearly as deep as allowed',
    'done',
    'let v = []; for (let i = 0; i < 1_500; i++) v = [v]; typeof (await echo({ v }))',
    'object',
  ],
  [
    'maps nested deep',
    'either',
    'let v = 1; for (let i = 0; i < 900; i++) v = new Map([[1, v]]); typeof (await echo({ v }))',
  ],
  [
    'objects nested deep and wide',
    'done',
    'let v = 1; for (let i = 0; i < 500; i++) v = { v, a: [1, 2, 3], b: "x".repeat(100) }; typeof (await echo({ v }))',
    'object',
  ],
  ['a wide answer', 'done', `finalAnswer(${lists('40_000')})`],
  ['an answer of NaN', 'done', 'finalAnswer(Array.from({ length: 20_000 }, () => NaN))'],
  ['an answer of errors', 'either', 'finalAnswer(Array.from({ length: 20_000 }, () => new Error("e")))'],
  ['an answer of holes', 'either', 'finalAnswer(new Array(40_000))'],
  ['an answer of dates', 'done', 'finalAnswer(Array.from({ length: 15_000 }, (_, i) => new Date(i)))'],
  [
    'an answer that is a Map',
    'done',
    'finalAnswer(new Map(Array.from({ length: 20_000 }, (_, i) => [i, i])))',
  ],
  [
    'sparse lists',
    'either',
    'const v = []; for (let i = 0; i < 200; i++) v[i * 1_000] = i; (await echo({ v })).v.length',
  ],
  [
    'a shared value that multiplies',
    'refused',
    'let v = [1]; for (let i = 0; i < 30; i++) v = [v, v]; await echo({ v })',
  ],

  // Texts and bytes.
  ['a text of control characters', 'done', '(await echo({ s: "\\u0001".repeat(40_000) })).s.length', '40000'],
  ['a text of quotes', 'done', '(await echo({ s: "\\"".repeat(120_000) })).s.length', '120000'],
  ['a text of emoji', 'done', '(await echo({ s: "\\u{1f600}".repeat(120_000) })).s.length', '240000'],
  ['a text of half characters', 'done', '(await echo({ s: "\\ud800".repeat(40_000) })).s.length', '40000'],
  [
    'a text that is a rope',
    'done',
    'let s = ""; for (let i = 0; i < 200_000; i++) s += "x"; (await echo({ s })).s.length',
    '200000',
  ],
  ['bytes up to the limit', 'done', '(await echo({ b: new Uint8Array(180_000) })).b.length', '180000'],
  [
    'many small buffers',
    'done',
    '(await echo({ all: Array.from({ length: 7_000 }, () => new Uint8Array(2)) })).all.length',
    '7000',
  ],

  // Errors, rejections, imports, prints.
  [
    'an error with a long name',
    'refused',
    'throw Object.assign(new Error("m"), { name: "n".repeat(5_000_000) })',
  ],
  ['an error with a long message', 'refused', 'throw new RangeError("m".repeat(5_000_000))'],
  [
    'an error with a long stack',
    'refused',
    'throw Object.assign(new Error("m"), { stack: "    at f (step-2.js:1:1)\\n".repeat(200_000) })',
  ],
  [
    'an error with a stack of one line',
    'refused',
    'throw Object.assign(new Error("m"), { stack: "(".repeat(3_000_000) })',
  ],
  [
    'an error with many causes',
    'refused',
    'let e = new Error("e"); for (let i = 0; i < 10_000; i++) e = new Error("m".repeat(100), { cause: e }); throw e',
  ],
  [
    'an error that names many functions',
    'refused',
    'throw new ReferenceError("a".repeat(9_000) + " is not defined")',
  ],
  [
    'errors as arguments',
    'done',
    '(await echo({ all: Array.from({ length: 2_000 }, () => new Error("m".repeat(20))) })).all.length',
    '2000',
  ],
  [
    '20,000 unhandled rejections',
    'done',
    'for (let i = 0; i < 20_000; i++) Promise.reject(new Error("r" + i)); 1',
    '1',
  ],
  [
    'unhandled rejections with long messages',
    'done',
    'for (let i = 0; i < 300; i++) Promise.reject(new Error("r".repeat(100_000))); 1',
    '1',
  ],
  [
    'unhandled rejections of large objects',
    'done',
    'const all = Array.from({ length: 10_000 }, (_, i) => ({ i })); for (let i = 0; i < 200; i++) Promise.reject(all); 1',
    '1',
  ],
  [
    'unhandled rejections after calls',
    'done',
    'for (let i = 0; i < 300; i++) { await echo({ i }); Promise.reject(i) } 1',
    '1',
  ],
  [
    '20,000 refused imports',
    'done',
    'for (let i = 0; i < 20_000; i++) import("p" + i).catch(() => {}); 1',
    '1',
  ],
  [
    'refused imports with long names',
    'done',
    'for (let i = 0; i < 200; i++) import("p".repeat(100_000) + i).catch(() => {}); 1',
    '1',
  ],
  ['200,000 prints of one character', 'done', 'for (let i = 0; i < 200_000; i++) console.log("x"); 1', '1'],
  [
    'prints of large objects',
    'done',
    'const o = { all: Array.from({ length: 20_000 }, (_, i) => ({ i })) }; for (let i = 0; i < 100; i++) console.log(o); 1',
    '1',
  ],
  [
    'prints of many arguments',
    'done',
    'for (let i = 0; i < 50; i++) console.log(...Array.from({ length: 5_000 }, (_, n) => n)); 1',
    '1',
  ],
  [
    'prints between calls',
    'done',
    'for (let i = 0; i < 200; i++) { await echo({ i }); console.log("x".repeat(5_000)) } 1',
    '1',
  ],

  // Many calls, and what comes back.
  [
    'results that are echoed again and again',
    'done',
    `let v = { all: ${lists('20_000')} }; for (let i = 0; i < 10; i++) v = await echo(v); v.all.length`,
    '20000',
  ],
  [
    'a result that grows with each echo',
    'refused',
    'let v = { a: "x" }; for (;;) v = await echo({ v, w: v })',
  ],
  [
    'a thousand failing calls',
    'done',
    '(await Promise.allSettled(Array.from({ length: 990 }, () => fails({})))).length',
    '990',
  ],
  [
    'a thousand timers',
    'done',
    '(await Promise.all(Array.from({ length: 990 }, () => sleep(1)))).length',
    '990',
  ],
  [
    'calls of many small arguments, dropped',
    'done',
    'for (let i = 0; i < 900; i++) echo({ i, all: [1, 2, 3, {}, []] }); 1',
    '1',
  ],
  [
    'arguments refused again and again',
    'refused',
    'const s = "x".repeat(1e6); for (let i = 0; i < 500; i++) try { await echo({ s }) } catch {} throw new Error("end")',
  ],
]
