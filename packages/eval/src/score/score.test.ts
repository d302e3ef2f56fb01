import { inlineSandbox } from '@bailiwick/core/testing'
import { describe, expect, it } from 'vitest'
import { type Case, caseSchema } from '../dataset/case.ts'
import { scoreAnswer } from './score.ts'

function score(given: Partial<Case>, answer: unknown, calls?: { name: string; arguments: unknown }[]) {
  const each = caseSchema.parse({ id: 'a', task: 'b', ...given })
  const signal = new AbortController().signal
  return scoreAnswer(
    each,
    { answer, ...(calls && { calls }) },
    { sandbox: async () => inlineSandbox(), signal },
  )
}

describe('an answer is right if', () => {
  it.each<[string, Partial<Case>, unknown]>([
    ['it is the number', { expected: 42 }, 42],
    ['it is a text of the number', { expected: 1204.5 }, '1,204.50'],
    ['it ends with the number', { expected: 7 }, 'With 3 + 4 apples, Ann has 7.'],
    ['it is within the tolerance', { expected: 2.5, checks: [{ kind: 'number', tolerance: 0.01 }] }, 2.509],
    ['it is within one percent', { expected: 200, checks: [{ kind: 'number', relative: 0.01 }] }, 198.1],
    ['it is the text, with other blanks', { expected: 'New York' }, ' New  York\n'],
    [
      'it is the text in another case',
      { expected: 'Oslo', checks: [{ kind: 'exact', ignoreCase: true }] },
      'OSLO',
    ],
    ['it is null, as JSON', { expected: null }, 'null'],
    ['it is the object, as JSON in a fence', { expected: { a: [1, 'x'] } }, '```json\n{"a":[1,"x"]}\n```'],
    [
      'it has the items in another order',
      { expected: ['a', 'b', 'b'], checks: [{ kind: 'set' }] },
      ['b', 'a', 'b'],
    ],
    ['it lists the items in words', { expected: ['Bern', 'Rom'], checks: [{ kind: 'set' }] }, 'Rom, Bern'],
    [
      'its part is right',
      { checks: [{ kind: 'number', at: 'rows.0.total', expected: 3 }] },
      { rows: [{ total: 3 }] },
    ],
    [
      'it fits the schema',
      { checks: [{ kind: 'schema', schema: { type: 'array', items: { type: 'integer' } } }] },
      '[1, 2]',
    ],
  ])('%s', async (_, given, answer) => {
    expect(await score(given, answer)).toBeUndefined()
  })
})

describe('an answer is wrong, with the reason, if', () => {
  it.each<[string, Partial<Case>, unknown, string]>([
    ['it is another number', { expected: 42 }, 41, 'expected 42, found 41'],
    ['it is no number', { expected: 42 }, 'many', 'expected 42, found "many"'],
    ['it is nothing', { expected: 42 }, undefined, 'expected 42, found undefined'],
    ['null is expected', { expected: null }, 0, 'expected null, found 0'],
    ['zero is expected', { expected: 0 }, null, 'expected 0, found null'],
    ['a key is missing', { expected: { a: 1, b: 2 } }, { a: 1 }, 'found {"a":1}'],
    ['there is one key more', { expected: { a: 1 } }, { a: 1, b: 2 }, 'found {"a":1,"b":2}'],
    [
      'an item is there once',
      { expected: ['b', 'b'], checks: [{ kind: 'set' }] },
      ['b', 'a'],
      'expected ["b","b"]',
    ],
    ['the order differs', { expected: [1, 2] }, [2, 1], 'expected [1,2]'],
    [
      'the part is missing',
      { checks: [{ kind: 'exact', at: 'a.b', expected: 1 }] },
      { a: 1 },
      'a.b: expected 1',
    ],
  ])('%s', async (_, given, answer, reason) => {
    expect(await score(given, answer)).toContain(reason)
  })
})

describe('source code', () => {
  const prefix = 'const twice = (n) => {\n'
  const given: Partial<Case> = {
    checks: [
      {
        kind: 'tests',
        prefix,
        name: 'twice',
        tests: 'console.assert(twice(2) === 4)\nconsole.assert(twice(0) === 0)',
      },
    ],
  }
  it.each([
    ['whole', `${prefix}  return 2 * n\n}`],
    ['in a fence', `Here it is:\n\`\`\`js\n${prefix}  return 2 * n\n}\n\`\`\``],
    ['as the rest of the function', '  return 2 * n\n}'],
    ['as a function declaration', 'function twice(n) { return n + n }'],
  ])('passes its tests, given %s', async (_, answer) => {
    expect(await score(given, answer)).toBeUndefined()
  })

  it.each([
    ['a test fails', 'const twice = (n) => 3 * n', 'a test failed'],
    ['it throws', 'const twice = () => { throw new Error("no") }', 'no'],
    ['it ends before the tests', 'const twice = (n) => 3 * n\nfinalAnswer(1)', 'did not run to their end'],
    ['it is no text', 4, 'expected source code'],
  ])('fails if %s', async (_, answer, reason) => {
    expect(await score(given, answer)).toContain(reason)
  })
})

describe('calls', () => {
  const given: Partial<Case> = {
    checks: [
      {
        kind: 'calls',
        calls: [
          { name: 'play', arguments: { artist: ['Taylor Swift'], minutes: [20], loud: ['', true] } },
          { name: 'play', arguments: { artist: ['Maroon 5'], minutes: [15] } },
        ],
      },
    ],
  }
  const [swift, maroon] = [
    { name: 'play', arguments: { artist: 'taylor swift', minutes: 20 } },
    { name: 'play', arguments: { artist: 'Maroon-5', minutes: 15 } },
  ]
  it('may come in any order, with texts in any case, and without arguments that are optional', async () => {
    expect(await score(given, 'done', [maroon, swift])).toBeUndefined()
  })
  it.each([
    ['one is missing', [swift], 'expected 2 calls, found 1'],
    [
      'an argument is unknown',
      [{ ...swift, arguments: { ...swift.arguments, genre: 'pop' } }, maroon],
      'expected the call play',
    ],
    [
      'a value differs',
      [{ ...swift, arguments: { ...swift.arguments, minutes: 21 } }, maroon],
      'expected the call play',
    ],
  ])('are wrong if %s', async (_, calls, reason) => {
    expect(await score(given, 'done', calls)).toContain(reason)
  })
  it('have no score if the target does not report them', async () => {
    await expect(score(given, 'done')).rejects.toThrow('does not report its calls')
  })
})

it('passes only if every check passes', async () => {
  const given: Partial<Case> = {
    expected: 3,
    checks: [{ kind: 'number' }, (answer) => (answer === 3 ? 'too round' : undefined)],
  }
  expect(await score(given, 3)).toBe('too round')
})
