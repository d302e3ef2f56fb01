import { Script } from 'node:vm'
import { describe, expect, it } from 'vitest'
import { rewriteStep } from './rewrite-step.ts'

const rewritten = (code: string) => rewriteStep(code, new Set(), new Set(['search'])).body.text

describe('rewriteStep', () => {
  it.each([
    ['at the start of the code', '<!-- x', 1, 1],
    ['at the start of a line', 'let x = 1\n<!-- x\nx', 2, 1],
    ['in an expression', 'const a = 1 <!--b\n', 1, 13],
    ['that hides a catch clause', 'try { finalAnswer(1) }\n<!-- \ncatch {}', 2, 1],
    ['that shows a catch clause', 'let b = 1\nb <!--b /*\ntry {} catch {} // */', 2, 3],
    // biome-ignore lint/suspicious/noTemplateCurlyInString: it is the code under test
    ['in a template’s expression', '`<!-- ${1 <!--b\n}`', 1, 11],
    ['behind types', 'const a: number = 1 <!--b', 1, 21],
    ['that ends', '1\n--> x', 2, 1],
    ['that ends behind a comment of two lines', 'let x = 1; x /*\n*/ --> x', 2, 4],
    ['that ends behind another line separator', 'let x = 1; x\u2028--> x', 1, 14],
    ['that ends behind types', 'const a: number = 1\n--> x', 2, 1],
  ])('refuses an HTML-like comment %s', (_, code, line, column) => {
    const said = /^`(<!--|-->)` begins an HTML-like comment, .* write \/\/ for a comment/
    expect(() => rewritten(code)).toThrow(said)
    expect(() => rewritten(code)).toThrow(expect.objectContaining({ line, column }))
  })

  it.each([
    'let x = 3; while (x --> 0) ;',
    'let x = 3; while (x-->0) ;',
    // biome-ignore lint/suspicious/noTemplateCurlyInString: it is the code under test
    'const s = "<!--" + `<!-- ${1}\n--> x` + /<!--/.source',
    '// <!-- x\n/* <!--\n--> */ 1',
    'const a = 1, b = a < !--a',
    '#!/usr/bin/env node\nfunction f() {}\n1',
  ])('accepts %j, which V8 reads in the same way', (code) => {
    expect(() => new Script(rewritten(code))).not.toThrow()
  })

  it.each([
    ['the sandbox’s own name', 'function f($bailiwick) { try { finalAnswer(1) } catch {} }', 1, 12],
    ['the sandbox’s own name with an escape', 'let $\\u0062ailiwick = 1', 1, 5],
    ['the module’s metadata', 'const a = 1\nimport.meta.url', 2, 1],
    ['a function directly inside case', 'switch (1) {\n  case 1: function f() {} }', 2, 20],
    ['octal numbers', 'const a = 010', 1, 11],
    ['with', 'with ({}) {}', 1, 1],
    ['parameters of the same name', 'function f(a, a) {}', 1, 15],
    ['await as a name', 'function f() { var await = 1 }', 1, 20],
    ['yield as a name', 'let yield = 1', 1, 5],
    ['code that leaves the step’s function', '}); evil(); (async()=>{', 1, 1],
    ['a comment without an end', '1 /*', 1, 3],
  ])('refuses %s', (_, code, line, column) => {
    expect(() => rewritten(code)).toThrow(expect.objectContaining({ name: 'SyntaxError', line, column }))
  })

  it('hides its own variables, whatever names the code uses', () => {
    const text = rewritten('let $\\u0076alue = 1, $caught = 2; try {} catch { $caught }')
    expect(text).toContain('let $$value;')
    expect(text).toContain('($$caught)')
  })

  it.each([
    'try {} catch ({ a }) {}function f() {}',
    'try {} catch ({ a = { b } } /*)*/ // )\n) /*{*/ {}class A {}',
    'class A {}function f() {}',
    'export default function () {}function f() {}',
    'export default { a: 1 }',
    'export default class {}',
    'var [a] = []\nfunction f() {}',
    'if (1) { 2 }function f() {}',
    'const t = 1; if (t) { function t() {}}function f() {}',
    'try { function f() {} } catch { function f() {} } finally { function f() {} }',
    'try {} catch ({ a }) { function f() {} } for (let f of []) { function f() {} }',
    'switch (1) { case 1: { function f() {} } default: async function g() {} }',
  ])('keeps each edit beside its own statement: %s', (code) => {
    expect(() => new Script(rewritten(code))).not.toThrow()
  })

  it.each(['export default function f() {}', 'export default class f {}', 'export function f() {}'])(
    'keeps the name of %s',
    (code) => expect(rewriteStep(code, new Set(), new Set()).constants).toEqual(['f']),
  )
})
