/** A generator of random numbers that depend only on the seed (mulberry32). */
export function randomOf(seed: number): () => number {
  let state = seed | 0
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}

/**
 * A random program of a few steps. It uses loops, Promise.all, race, any and allSettled, pools, calls that nothing
 * awaits, branches on results, mutation of results, closures, classes, generators, timers, the clock and randomness. It
 * keeps all its results in globals.
 */
export function randomProgram(seed: number): string[] {
  const random = randomOf(seed)
  const pick = <T>(items: readonly T[]): T => items[Math.floor(random() * items.length)] as T
  const number = () => Math.floor(random() * 9) + 1
  let names = 0
  const fresh = () => {
    names += 1
    return `v${names}`
  }
  const call = () => pick([`get({ n: ${number()} })`, `get({ n: log.length })`, `maybe({ n: ${number()} })`])
  const safe = () => `${call()}.catch((e) => e.message)`

  const statements: (() => string)[] = [
    () => `const ${fresh()} = await ${safe()}`,
    () => `log.push(await ${safe()}, Math.random(), Date.now())`,
    () => `const ${fresh()} = await Promise.all([${safe()}, ${safe()}, ${safe()}])`,
    () => `const ${fresh()} = await Promise.race([${safe()}, ${safe()}])`,
    () => `const ${fresh()} = await Promise.any([${call()}, ${call()}]).catch((e) => e.errors.length)`,
    () => `const ${fresh()} = (await Promise.allSettled([${call()}, ${call()}])).map((r) => r.status)`,
    () => `for (let i = 0; i < ${number()}; i++) log.push(i * (await ${safe()}).length || i)`,
    () => `${safe()}.then((x) => log.push("late", x))`,
    () => `${call()}`,
    () => `if ((await get({ n: ${number()} })).n % 2) log.push("odd", Math.random()); else log.push("even")`,
    () => {
      const name = fresh()
      return `const ${name} = await get({ n: ${number()} }); ${name}.list.push(log.length); ${name}.at = Date.now()`
    },
    () => {
      const name = fresh()
      return `const ${name} = ((c) => ({ up: () => ++c, get now() { return c } }))(${number()}); ${name}.up()`
    },
    () => {
      const name = fresh()
      return `class C${name} { #x = Math.random(); y = ${number()}; get x() { return this.#x } }; const ${name} = new C${name}(); log.push(${name}.x)`
    },
    () => `log.push(...(function* () { for (let i = 0; i < ${number()}; i++) yield i * Math.random() })())`,
    () => `await sleep(${number()}); log.push(Date.now())`,
    () => `setTimeout(() => log.push("timer"), ${number()}); await ${safe()}`,
    () => `await pool(${(number() % 3) + 1}, [${number()}, ${number()}, ${number()}, ${number()}])`,
    () => `const ${fresh()} = new Map([[await ${safe()}, new Set([${number()}])]])`,
    () =>
      `try { log.push((await maybe({ n: ${number()} })).n) } catch (e) { log.push(e.name) } finally { log.push("finally") }`,
    () =>
      `const ${fresh()} = new Date(Date.now() + ${number()}).toISOString() + new Intl.DateTimeFormat("de").format()`,
    () => `log.length > 3 && log.reverse()`,
  ]
  const setUp =
    'let log = []; async function pool(width, items) { let next = 0; const worker = async () => { while (next < items.length) { const n = items[next++]; log.push(["pool", n, await get({ n }).catch(() => 0)]) } }; await Promise.all(Array.from({ length: width }, worker)) }'
  const steps = Array.from({ length: 2 + Math.floor(random() * 2) }, () =>
    Array.from({ length: 2 + Math.floor(random() * 5) }, () => pick(statements)()).join(';\n'),
  )
  if (random() < 0.2) steps.push(`await get({ n: 1 }); throw new Error("step " + log.length)`)
  if (random() < 0.2) steps.push(`get({ n: 2 }); finalAnswer(log)`)
  return [setUp, ...steps]
}
