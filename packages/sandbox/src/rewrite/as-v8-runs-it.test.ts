import { createContext, Script } from 'node:vm'
import { type AnyNode, parse } from 'acorn'
import { describe, expect, it } from 'vitest'
import { withoutMarks } from '../prelude/function-source.ts'
import { parseStep } from './parse-step.ts'
import { rewriteStep } from './rewrite-step.ts'
import { StepSyntaxError } from './step-syntax-error.ts'
import { walk } from './walk.ts'

const PROGRAMS = 6_000

/** Tokens that make parsers disagree about where comments, strings, templates and regular expressions begin. */
const TOKENS = [
  ...[
    '<!--',
    '-->',
    '\n-->',
    '//',
    '/*',
    '*/',
    '/**/',
    '/*\n*/',
    '\n',
    '\r',
    '\u2028',
    '\u2029',
    '#!',
    '\ufeff',
  ],
  ...[
    '`',
    '${',
    '}',
    '{',
    '(',
    ')',
    '"',
    "'",
    '\\',
    '/',
    '/x/g',
    '[/]/',
    ']',
    ';',
    ',',
    ':',
    '=>',
    '?.',
    '!',
  ],
  ...['<', '>', '++', '--', '=', '+', '/=', '**', '...', '@', '#a', '\\u0063atch', 'c\\u0061tch'],
  ...['await', 'yield', 'async', 'let', 'of', 'in', 'static', 'using', 'with(x)', 'function', 'class', 'new'],
  ...[
    '"use strict";',
    'return',
    'throw',
    'if(x)',
    'else',
    'do',
    'while(x)',
    'for(;;)',
    'switch(x){case 1:',
    'l:',
  ],
  ...[
    'try{',
    '}catch{',
    '}catch(e){',
    '}catch({e}){',
    'catch',
    'catch(e)',
    'finally{',
    '.catch(',
    'import(',
    'import.meta',
  ],
  ...[
    '})',
    '});',
    '(async()=>{',
    'evil();',
    '$bailiwick',
    '$caught',
    '010',
    '1_0',
    '<T>',
    'as any',
    ': number',
    'enum E{A}',
  ],
  ...[
    'export ',
    'export default ',
    'import a from "a"\n',
    'declare ',
    'type T = 1;',
    'interface I {}',
    'namespace N {}',
  ],
]

/** A generator of random numbers that depend only on the seed. */
function randomOf(seed: number): () => number {
  let state = seed
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 4_294_967_296
  }
}

/** A program of nested statements, with a few random tokens at random places. */
function randomProgram(seed: number): string {
  const random = randomOf(seed * 7_919 + 1)
  for (let skipped = 0; skipped < 5; skipped += 1) random()
  const pick = <T>(items: readonly T[]): T => items[Math.floor(random() * items.length)] as T
  const expression = (depth: number): string =>
    depth <= 0
      ? pick(['x', '1', '"s"', '`t`', '/r/g', 'f()', 'await 1', '{}', '[]', '(x)'])
      : pick([
          () =>
            `${expression(depth - 1)}${pick(['+', ' < ', '<', '/', ' / ', '--', '-- >', '-->', '<!--', '\n-->', ' in ', ',', '?.a/'])}${expression(depth - 1)}`,
          () => `function g(){${body(depth - 1)}}`,
          () => `async(a)=>{${body(depth - 1)}}`,
          () => `()=>{${body(depth - 1)}}`,
          () => `class{m(){${body(depth - 1)}}static{${body(depth - 1)}}a=${expression(depth - 1)}}`,
          () => `\`a\${${expression(depth - 1)}}b\``,
          () => `import(${expression(depth - 1)})`,
          () => `f(${expression(depth - 1)}).catch(${expression(depth - 1)})`,
        ])()
  const statement = (depth: number): string =>
    depth <= 0
      ? pick(['x', 'x--', 'f()', 'let a', 'var b = 1', 'return', ';', 'x\n/y/g', '// c\n', '/* c */'])
      : pick([
          () => `try{${body(depth - 1)}}catch(e){${body(depth - 1)}}`,
          () => `try{${body(depth - 1)}}catch{${body(depth - 1)}}finally{${body(depth - 1)}}`,
          () => `try{${body(depth - 1)}}catch({message, ...e} /* ) */) {${body(depth - 1)}}`,
          () => `if(${expression(depth - 1)}){${body(depth - 1)}}else ${statement(depth - 1)}`,
          () => `const ${pick(['a', 'b', 'c'])} = ${expression(depth)}`,
          () => `${pick(['', 'async '])}function ${pick(['h', 'k', 'x'])}(){${body(depth - 1)}}`,
          () => `class ${pick(['C', 'D'])} {m(){${body(depth - 1)}}}`,
          () => `x = ${expression(depth)}`,
          // Code inside a comment or literal, after something that may begin or end one.
          () => {
            const [open, close] = pick([
              ['/*', '//*/'],
              ['+`', '//`'],
              ['/*`', '//*/'],
              ['+/[/*]/', '//*/'],
              ['+"\\\n', '//"'],
            ])
            return `x${pick(['', ' <!--x', '\n-->x', '<!--x', '--', '// \u2028', '/x/'])}${open}\n${statement(depth - 1)}${close}\n`
          },
          () => expression(depth),
          () => `for(const a of []){${body(depth - 1)}}`,
          () => `export ${pick(['default ', 'const q = '])}${expression(depth - 1)}`,
        ])()
  function body(depth: number): string {
    return Array.from({ length: Math.floor(random() * 3) }, () => statement(depth)).join(
      pick([';', '\n', ' ']),
    )
  }
  let text = Array.from({ length: 1 + Math.floor(random() * 3) }, () => statement(3)).join(
    pick([';', '\n', '\n', '']),
  )
  for (let count = Math.floor(random() * 3); count > 0; count -= 1) {
    const at = Math.floor(random() * (text.length + 1))
    text = text.slice(0, at) + pick(TOKENS) + text.slice(at)
  }
  return text
}

function compiles(text: string): boolean {
  try {
    new Script(text)
    return true
  } catch {
    return false
  }
}

/** Where V8 reads a word as code, and not as part of a comment or literal: there, another character is an error. */
function asV8Reads(text: string, word: string): number[] {
  return [...text.matchAll(new RegExp(`\\b${word}\\b(?!\\\\)`, 'g'))]
    .map(({ index }) => index)
    .filter((at) => !compiles(`${text.slice(0, at)}@${text.slice(at)}`))
}

/** Where the parser reads catch clauses, those among them without a guard, and names. */
function asParsed(text: string): { clauses: number[]; unguarded: number[]; names: number[] } {
  const found = { clauses: [] as number[], unguarded: [] as number[], names: [] as number[] }
  walk(parse(text, { ecmaVersion: 'latest' }), (node: AnyNode) => {
    if (node.type === 'Identifier') found.names.push(node.start)
    if (node.type !== 'CatchClause') return undefined
    found.clauses.push(node.start)
    const name = node.param?.type === 'Identifier' ? node.param.name : '?'
    const [first] = node.body.body
    const guard = first === undefined ? '' : text.slice(first.start, first.end)
    if (guard !== `$bailiwick.caught(${name});`) found.unguarded.push(node.start)
    return undefined
  })
  return found
}

describe('a step as V8 runs it', () => {
  const accepted: { code: string; text: string; source: string }[] = []
  let refused = 0
  for (let seed = 0; seed < PROGRAMS; seed += 1) {
    const code = randomProgram(seed)
    try {
      const { body, source } = rewriteStep(code, new Set(), new Set(['finalAnswer']))
      accepted.push({ code, text: body.text, source })
    } catch (error) {
      if (!(error instanceof StepSyntaxError)) throw error
      refused += 1
    }
  }
  const ran = accepted.filter(({ text }) => compiles(text))

  it(`is tried with many of ${PROGRAMS} random programs`, () => {
    expect(ran.length).toBeGreaterThan(PROGRAMS / 10)
    expect(refused).toBeGreaterThan(PROGRAMS / 10)
    expect(ran.filter(({ text }) => asParsed(text).clauses.length > 0).length).toBeGreaterThan(PROGRAMS / 30)
  })

  it('guards every catch clause', () => {
    for (const { code, text } of ran) {
      const { clauses, unguarded, names } = asParsed(text)
      expect([code, unguarded]).toEqual([code, []])
      const read = asV8Reads(text, 'catch').filter((at) => !names.includes(at))
      expect([code, read]).toEqual([code, clauses.toSorted((one, other) => one - other)])
    }
  })

  it('imports through the sandbox', () => {
    for (const { code, text } of ran) {
      const { names } = asParsed(text)
      expect([code, asV8Reads(text, 'import').filter((at) => !names.includes(at))]).toEqual([code, []])
    }
  })

  it('shows every function and class as it was written', () => {
    for (const { code, text, source } of ran) {
      const shown = withoutMarks(text)
      walk(parseStep(source).program, (node) => {
        if (
          /Function|^Class(Declaration|Expression)$/.test(node.type) &&
          !shown.includes(source.slice(node.start, node.end))
        )
          expect.fail(`${JSON.stringify(code)} does not show ${source.slice(node.start, node.end)}`)
        return undefined
      })
    }
  })

  it('is one function that nothing has called', () => {
    const context = createContext({ evil: () => expect.fail('the code left its function') })
    for (const { code, text } of ran) {
      const made: unknown = new Script(text).runInContext(context)
      expect([code, typeof made]).toEqual([code, 'function'])
    }
  })

  it('compiles if V8 accepts the code as it was written', () => {
    for (const { code, text } of accepted) {
      if (/\b(export|import)\b/.test(code)) continue
      if (compiles(`(async()=>{${code}\n})`)) expect([code, compiles(text)]).toEqual([code, true])
    }
  })
})
