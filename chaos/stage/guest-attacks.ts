/**
 * What the code of a run may do to its host, by the input `attack`. Each piece of code is a function's body, and runs
 * once. Afterwards the task goes on with the same code as that of an honest run, in the same world if that still exists.
 */
export const HANGS = [
  'Object.defineProperty(Object.prototype, "get", { get() { throw new Error("poisoned") } }); null.x',
  'Object.defineProperty(Object.prototype, "value", { __proto__: null, get() { for (;;); } }); console.log({ a: [1] }); null.x',
  'for (;;);',
  'try { await mark({}) } finally { for (;;) await null }',
  'const again = () => queueMicrotask(again); again(); await new Promise(() => {})',
  'await { then(resolve) { resolve(this) } }',
  'for (;;) try { await new Promise((_, reject) => setTimeout(reject, 50)) } catch {}',
  'await new Promise(() => clearTimeout(setTimeout(() => {}, 50)))',
  'Promise.reject(new Proxy({}, { get() { for (;;); } })); for (;;) await null',
  '/(x+x+)+y/.test("x".repeat(60))',
]

export const FREEZES = [
  'await mark({ r: new RegExp("\\\\P{L}".repeat(20_000), "iv") })',
  'for (let i = 0; i < 50; i++) await mark({ all: Array.from({ length: 60_000 }, () => []) })',
  'await mark({ n: 10n ** 250_000n })',
  'await mark({ all: Array.from({ length: 20 }, () => 10n ** 9_900n) })',
  'for (let i = 0; i < 300_000; i++) console.log("x")',
  'for (let i = 0; i < 20_000; i++) Promise.reject(new Error("r" + i)); await sleep(1)',
  'for (let i = 0; i < 20_000; i++) import("p" + i).catch(() => {}); await sleep(1)',
  'throw Object.assign(new Error("m".repeat(1_000_000)), { name: "n".repeat(1_000_000) })',
  'await mark({ o: Object.fromEntries(Array.from({ length: 17_000 }, (_, i) => ["k" + i, 1])) })',
  'finalAnswer(new Array(300_000))',
]
