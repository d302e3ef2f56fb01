/** Random numbers from a seed (mulberry32). */
export function randomOf(seed: number): () => number {
  let state = seed | 0
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}

/** Code that runs before the first program. */
export const SET_UP = 'let log = []'

/**
 * A random program that gives the same result each time: sequential and parallel calls, loops, branches on results,
 * failures, closures, classes, randomness. Nothing depends on time or on the order of outcomes.
 *
 * @param plain leaves only plain values, no closures or classes, so that its world can have a checkpoint
 */
export function steadyProgram(seed: number, plain: boolean): string {
  const random = randomOf(seed)
  const pick = <T>(items: readonly T[]): T => items[Math.floor(random() * items.length)] as T
  const number = () => Math.floor(random() * 9) + 1
  let names = 0
  const fresh = () => {
    names += 1
    return `v${seed}_${names}`
  }
  const call = () =>
    pick([
      `get({ n: ${number()} })`,
      `put({ n: ${number()} })`,
      `maybe({ n: ${number()} }).catch((e) => e.message)`,
    ])
  const statements: (() => string)[] = [
    () => `const ${fresh()} = await ${call()}`,
    () => `log.push(await ${call()}, Math.random())`,
    () => `const ${fresh()} = await Promise.all([${call()}, ${call()}, ${call()}])`,
    () => `for (let i = 0; i < ${number() % 4}; i++) log.push(i, await ${call()})`,
    () =>
      `if ((await get({ n: ${number()} })).n % 2) log.push("odd", await ${call()}); else log.push("even")`,
    () => `const ${fresh()} = new Map([["k", new Set([await ${call()}])]])`,
    () => `try { log.push((await maybe({ n: ${number()} })).n) } catch (e) { log.push(e.name) }`,
  ]
  const living: (() => string)[] = [
    () => {
      const name = fresh()
      return `const ${name} = ((c) => ({ up: () => ++c }))(${number()}); log.push(${name}.up(), await ${call()})`
    },
    () => {
      const name = fresh()
      return `class C${name} { #x = Math.random(); get x() { return this.#x } }; const ${name} = new C${name}()`
    },
  ]
  if (!plain) statements.push(...living)
  return Array.from({ length: 2 + Math.floor(random() * 3) }, () => pick(statements)()).join(';\n')
}
