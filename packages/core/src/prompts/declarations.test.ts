import { describe, expect, it } from 'vitest'
import { declareDelegates, declareTools } from './declarations.ts'
import { printType } from './print-type.ts'

describe('printType', () => {
  it.each([
    [{ type: 'string' }, 'string'],
    [{ type: 'integer' }, 'number'],
    [{ type: ['string', 'null'] }, 'string | null'],
    [{ enum: ['a', 1, null] }, '"a" | 1 | null'],
    [{ const: 'x' }, '"x"'],
    [{ anyOf: [{ type: 'string' }, { type: 'number' }] }, 'string | number'],
    [{ oneOf: [{ type: 'integer' }, { type: 'number' }] }, 'number'],
    [{ type: 'array', items: { type: 'string' } }, 'string[]'],
    [{ type: 'array', items: { anyOf: [{ type: 'string' }, { type: 'number' }] } }, '(string | number)[]'],
    [{ type: 'array' }, 'any[]'],
    [{ type: 'array', prefixItems: [{ type: 'string' }, { type: 'number' }] }, '[string, number]'],
    [{ type: 'object' }, 'object'],
    [{ type: 'object', additionalProperties: { type: 'number' } }, 'Record<string, number>'],
    [{ type: 'object', properties: { 'a b': { type: 'null' } } }, '{ "a b"?: null }'],
    [
      { type: 'object', required: ['n'], properties: { n: { type: 'integer', minimum: 1, maximum: 9 } } },
      '{ /** whole number; from 1 to 9 */ n: number }',
    ],
    [
      {
        type: 'object',
        properties: { d: { type: 'string', format: 'date', description: 'the */ day', default: 'x' } },
      },
      '{ /** the * / day; date; default "x" */ d?: string }',
    ],
    [{ $ref: '#/$defs/a', $defs: { a: { type: 'boolean' } } }, 'boolean'],
    [{ $ref: '#/$defs/none' }, 'any'],
    [{ allOf: [{ type: 'string' }, { type: 'number' }] }, 'string & number'],
    [{}, 'any'],
  ])('%j is %s', (schema, type) => {
    expect(printType(schema)).toBe(type)
  })

  it('stops at a schema that refers to itself', () => {
    const tree = { type: 'object', properties: { child: { $ref: '#' } } }
    expect(printType(tree).length).toBeLessThan(200)
  })
})

describe('declarations', () => {
  it('describe the effect of a call, and escape the end of a comment', () => {
    const card = {
      name: 'send',
      description: 'Sends */ it.',
      input: { type: 'object' },
      effect: 'once' as const,
    }
    expect(declareTools([card])).toBe(
      '/** Sends * / it. Changes something each time: do not repeat. */\ndeclare function send(): Promise<any>',
    )
  })

  it('of delegates have the level and a name that code can call', () => {
    const text = declareDelegates([{ name: 'web-search', description: 'Looks up.', level: 3 }])
    expect(text).toContain('/** Agent (multi-step): Looks up. */')
    expect(text).toContain('declare function web_search(')
  })
})
