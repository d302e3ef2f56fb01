/** A random program from a grammar of dangerous constructs: huge array-likes, traps, recursion, floods. */
export function dangerousProgram(random: () => number): string {
  const pick = <T>(items: readonly T[]): T => items[Math.floor(random() * items.length)] as T
  const size = () =>
    pick(['0', '1', '-1', '1e3', '1e6', '2 ** 32 - 1', '2 ** 53 - 1', 'NaN', '1n', '2 ** 28'])
  let depth = 0

  function value(): string {
    depth += 1
    const made =
      depth > 4
        ? pick(['1', 'null', '"x"', '[]', '({})', 'undefined'])
        : pick([
            () => size(),
            () => `"ab".repeat(${pick(['1', '100', '1e6', '2 ** 29'])})`,
            () => `[${value()}, ${value()}]`,
            () => `{ length: ${size()}, 0: ${value()} }`,
            () => `new Proxy(${object()}, { get: ${callback()}, ownKeys: ${callback()} })`,
            () =>
              `new ${pick(['Map', 'Set', 'WeakMap', 'Date', 'Array', 'Promise', 'Error', 'RegExp', 'Uint8Array'])}(${value()})`,
            () =>
              `{ get x() { ${statement()} }, toJSON: ${callback()}, then: ${callback()}, [Symbol.iterator]: ${callback()} }`,
            () =>
              `Reflect.${pick(['ownKeys', 'construct', 'apply', 'getPrototypeOf'])}(${value()}, ${value()}, ${value()})`,
            () =>
              `globalThis[${pick(['"echo"', '"finalAnswer"', '"console"', '"$bailiwick"', '"Function"', '"sleep"'])}]`,
            () => `${value()}.constructor.constructor`,
            () => callback(),
          ])()
    depth -= 1
    return `(${made})`
  }

  function object(): string {
    return pick(['{}', '[]', '() => {}', 'Promise.prototype', 'echo', 'globalThis', 'Array.prototype'])
  }

  function callback(): string {
    return pick([
      () => '() => {}',
      () => `(a, b) => { ${statement()} }`,
      () => `async () => { ${statement()} }`,
      () => `function* () { for (;;) yield ${value()} }`,
      () => `function f() { return f() }`,
    ])()
  }

  function statement(): string {
    depth += 1
    const made =
      depth > 4
        ? pick([';', 'await0++', 'return 1', 'throw 1'])
        : pick([
            () =>
              `Array.prototype.${pick(['fill', 'includes', 'sort', 'join', 'concat', 'flat', 'at', 'splice', 'push'])}.call(${value()}, ${value()})`,
            () =>
              `String(${value()}).${pick(['split', 'replaceAll', 'normalize', 'padEnd', 'match'])}(${value()})`,
            () => `JSON.${pick(['stringify', 'parse'])}(${value()}, ${callback()})`,
            () =>
              `Object.${pick(['defineProperty', 'assign', 'freeze', 'setPrototypeOf', 'entries'])}(${value()}, ${value()}, ${value()})`,
            () =>
              `${pick(['Object', 'Array', 'Promise', 'Map', 'Error', 'Function'])}.prototype.${pick(['then', 'toJSON', 'get', 'push', 'constructor', 'x'])} = ${callback()}`,
            () => `try { ${statement()} } catch (e) { ${statement()} } finally { ${statement()} }`,
            () => `for (let i = 0; i < ${pick(['3', '1e3', 'Infinity'])}; i++) { ${statement()} }`,
            () => `echo(${value()})`,
            () => `Promise.${pick(['all', 'race', 'any', 'allSettled'])}([echo(${value()}), ${value()}])`,
            () => `console.log(${value()})`,
            () => `setTimeout(${callback()}, ${size()})`,
            () => `queueMicrotask(${callback()})`,
            () => `finalAnswer(${value()})`,
            () => `import(${value()})`,
            () => `throw ${value()}`,
          ])()
    depth -= 1
    return made
  }

  const lines = Array.from({ length: 1 + Math.floor(random() * 3) }, statement)
  if (random() < 0.4) lines.push(`await echo(${value()})`)
  lines.push(value())
  return lines.join(';\n')
}
