import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { CallContext, Tool } from '@bailiwick/contract'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { toolsFromModule } from './tools-from-module.ts'

const context: CallContext = {
  id: '1.1',
  key: 't/1.1',
  caller: 'analyst',
  run: 'r',
  task: 't',
  signal: new AbortController().signal,
}

async function load(file: string): Promise<(name: string) => Tool> {
  const tools = await toolsFromModule(new URL(`../../test/module/${file}`, import.meta.url))
  return (name) => {
    const tool = tools.find((candidate) => candidate.name === name)
    if (tool === undefined) throw new Error(`no tool ${name} among ${tools.map((each) => each.name)}`)
    return tool
  }
}

describe('toolsFromModule, TypeScript', () => {
  let tool: Awaited<ReturnType<typeof load>>
  beforeAll(async () => {
    tool = await load('geography.ts')
  })

  it('turns parameters, defaults, comments and results into schemas', async () => {
    const { run, ...card } = tool('population')
    expect(card).toEqual({
      name: 'population',
      description: 'Inhabitants of a country.',
      effect: 'none',
      input: {
        type: 'object',
        properties: {
          country: { type: 'string', description: 'Its English name.' },
          inThousands: { type: 'boolean', description: 'Instead of millions.', default: false },
        },
        required: ['country'],
        additionalProperties: false,
      },
      output: { type: ['number', 'null'], description: 'Millions, or null where it is unknown.' },
    })
    expect(await run({ country: 'Norway' }, context)).toBe(5.6)
    expect(await run({ country: 'Norway', inThousands: true }, context)).toBe(5600)
  })

  it('uses a single object parameter as the input, and passes the context', async () => {
    const { input, effect, run } = tool('addCountry')
    expect(effect).toBe('idempotent')
    expect(input).toEqual({
      type: 'object',
      properties: {
        name: { type: 'string', description: 'The official one.' },
        population: { type: 'number', description: 'Millions.' },
        continent: { enum: ['Africa', 'America', 'Asia', 'Europe', 'Oceania'] },
        capital: { type: 'string' },
        neighbours: { type: 'array', items: { type: 'string' } },
      },
      required: ['name', 'population', 'continent', 'neighbours'],
      additionalProperties: false,
    })
    const country = { name: 'Chad', population: 20, continent: 'Africa', neighbours: [] }
    expect(await run(country, context)).toEqual({ key: 't/1.1', name: 'Chad' })
    await expect(run({ ...country, continent: 'Atlantis' }, context)).rejects.toMatchObject({
      code: 'bad-input',
    })
  })

  it('reads arrow functions, destructured parameters, named records and unions', async () => {
    const { input, effect, output, run } = tool('find')
    expect([effect, output]).toEqual(['once', undefined])
    expect(input.properties).toEqual({
      codes: {
        type: 'object',
        properties: { alpha2: { type: 'string' }, alpha3: { type: 'string' } },
        required: ['alpha2', 'alpha3'],
      },
      limit: { type: 'number' },
      above: { type: ['number', 'string', 'null'] },
    })
    expect(await run({ above: null }, context)).toBe('undefined 10 null')
  })

  it('skips internal functions and other exports, and reads functions exported by name', async () => {
    const tools = await toolsFromModule(new URL('../../test/module/geography.ts', import.meta.url))
    expect(tools.map(({ name }) => name)).toEqual(['population', 'addCountry', 'find', 'now'])
    expect(tool('now').input).toMatchObject({ type: 'object', properties: {}, required: [] })
  })
})

describe('toolsFromModule, JavaScript', () => {
  it('reads types from doc comments', async () => {
    const tool = await load('words.js')
    const { input, output, effect, run } = tool('countWords')
    expect({ input, output, effect }).toEqual({
      effect: 'none',
      input: {
        type: 'object',
        properties: {
          text: { type: 'string', description: 'What to count in.' },
          options: {
            type: 'object',
            properties: {
              separator: { type: 'string', description: 'Between words.' },
              lengths: { type: 'array', items: { type: 'number' } },
            },
            required: ['lengths'],
            description: 'How.',
          },
          language: { type: ['string', 'null'], default: 'en' },
        },
        required: ['text', 'options'],
        additionalProperties: false,
      },
      output: { type: 'object', additionalProperties: { type: 'number' } },
    })
    expect(await run({ text: 'a bb cc', options: { lengths: [2] } }, context)).toEqual({ en: 2 })
  })

  it('reads the members of an object from its tags', async () => {
    const { input, run } = (await load('words.js'))('repeat')
    expect(input).toEqual({
      type: 'object',
      properties: {
        text: { type: 'string', description: 'What.' },
        times: { type: 'number', description: 'How often.' },
      },
      required: ['text'],
      additionalProperties: false,
    })
    expect(await run({ text: 'ab' }, context)).toBe('abab')
    await expect(run({ text: 'ab', tiems: 3 }, context)).rejects.toThrow('tiems')
  })
})

describe('toolsFromModule, given an unusable file', () => {
  let folder: string
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tools-module-'))
  })
  afterAll(() => rm(folder, { recursive: true }))

  const doc = '\n/** Does it. */\n'

  it.each([
    ['function f() {}', 'expected exported functions, found none'],
    ['export function f() {}', ':1: expected a doc comment for f, found none: describe it'],
    [`${doc}export function f(x) {}`, ':3: parameter x of f: it has no type'],
    [`${doc}export function f(x: Date) {}`, 'parameter x of f: JSON has no dates: use a string'],
    [`${doc}export function f(x: Map<string, number>) {}`, 'JSON has no maps'],
    [`${doc}export function f(x: () => void) {}`, '`() => void` has no JSON Schema'],
    [`${doc}export function f(x: bigint) {}`, '`bigint` has no JSON Schema'],
    [`${doc}export function f(x: [string, number]) {}`, '`[string, number]` has no JSON Schema'],
    [`${doc}export function f(x: Elsewhere) {}`, 'the type Elsewhere is not declared in this file'],
    [`interface Tree { left?: Tree }${doc}export function f(x: Tree) {}`, 'the type Tree contains itself'],
    [`interface Box<T> { item: T }${doc}export function f(x: Box<string>) {}`, 'the type Box has parameters'],
    [`${doc}export function f<T>(x: T) {}`, 'f has type parameters'],
    [`${doc}export function f(...x: string[]) {}`, 'use a list instead'],
    [`${doc}export function f(x: { y(): void }) {}`, 'functions cannot be sent'],
    [
      `${doc}export async function f(): Promise<Set<string>> { return new Set() }`,
      'the result of f: JSON has no sets',
    ],
    [
      '/** Does it. @effect twice */export function f() {}',
      'f: expected @effect none, idempotent or once, found twice',
    ],
    [`${doc}export function f(x: string {}`, ':3: '],
    [`${doc}export function f() {}\nthrow new Error('broken at load')`, 'cannot be loaded: broken at load'],
  ])('refuses %s', async (text, reason) => {
    const file = join(folder, `case-${Math.random().toString(36).slice(2)}.ts`)
    await writeFile(file, text)
    const message = expect.stringContaining(reason)
    await expect(toolsFromModule(file)).rejects.toMatchObject({ code: 'bad-definition', message })
  })

  it('refuses a missing file', async () => {
    await expect(toolsFromModule(join(folder, 'none.ts'))).rejects.toMatchObject({ code: 'bad-input' })
  })
})
