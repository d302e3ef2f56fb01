import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { loadQuestion } from '../target/load-question.ts'
import type { Case } from './case.ts'
import { type HashedCase, openDataset } from './open-dataset.ts'

let folder = ''
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'eval-dataset-'))
})
afterAll(() => rmSync(folder, { recursive: true }))

function write(name: string, ...rows: unknown[]): string {
  const path = join(folder, name)
  writeFileSync(path, rows.map((row) => (typeof row === 'string' ? row : JSON.stringify(row))).join('\n'))
  return path
}

async function read(ref: string): Promise<{ cases: Case[]; hashes: string[] }> {
  const found: HashedCase[] = []
  for await (const each of openDataset(ref, folder).cases()) found.push(each)
  return { cases: found.map((each) => each.case), hashes: found.map(({ hash }) => hash) }
}

describe('a dataset', () => {
  it('is a file of JSON lines, with a byte order mark and empty lines', async () => {
    const path = write('a.jsonl', '\uFEFF{"id":"1","task":"x","expected":1}', '', {
      id: '2',
      task: 'y',
      expected: null,
    })
    expect((await read(path)).cases).toEqual([
      { id: '1', task: 'x', expected: 1 },
      { id: '2', task: 'y', expected: null },
    ])
  })

  it('has values and files as inputs', async () => {
    write('data.csv', 'a\n1')
    const inputs = {
      ...{
        count: 3,
        names: ['a'],
        limits: { value: { most: 2 } },
        note: { text: 'x', mediaType: 'text/plain' },
      },
      data: { file: 'data.csv' },
    }
    const [each] = (await read(write('i.jsonl', { id: '1', task: 'x', expected: 1, inputs }))).cases
    const { values, files } = await loadQuestion(each as Case, folder)
    expect(values).toEqual({ count: 3, names: ['a'], limits: { most: 2 } })
    expect(
      Object.entries(files).map(([name, { file, mediaType, bytes }]) => [
        name,
        file,
        mediaType,
        String(bytes),
      ]),
    ).toEqual([
      ['note', 'note', 'text/plain', 'x'],
      ['data', 'data.csv', 'text/csv', 'a\n1'],
    ])
  })

  it('is a module, whose checks may be functions', async () => {
    write(
      'cases.mjs',
      "export default [{ id: '1', task: 'x', checks: [(answer) => answer === 1 ? undefined : 'no'] }]",
    )
    const [each] = (await read('cases.mjs')).cases
    expect(each?.checks).toHaveLength(1)
  })

  it('has hashes that change with the task, the answer and files, but not with tags and solutions', async () => {
    write('data.csv', 'a\n1')
    const base = { id: '1', task: 'x', expected: 1, inputs: { data: { file: 'data.csv' } } }
    const hash = async (change: object) => (await read(write('h.jsonl', { ...base, ...change }))).hashes[0]
    const before = await hash({})
    expect(await hash({ tags: ['t'], solution: { answer: 1 } })).toBe(before)
    expect(await hash({ task: 'z' })).not.toBe(before)
    expect(await hash({ expected: 2 })).not.toBe(before)
    write('data.csv', 'a\n2')
    expect(await hash({})).not.toBe(before)
  })

  it.each<[string, unknown[], string]>([
    ['a row that is no JSON', ['{"id":'], 'r.jsonl:1: expected a line of JSON'],
    [
      'an id twice',
      [
        { id: '1', task: 'x', expected: 1 },
        { id: '1', task: 'y', expected: 1 },
      ],
      'found "1" again',
    ],
    ['an unknown field', [{ id: '1', task: 'x', expect: 1 }], 'case 1: expected a case'],
    ['no expected answer', [{ id: '1', task: 'x' }], 'Give "expected"'],
    ['a check without an answer', [{ id: '1', task: 'x', checks: [{ kind: 'number' }] }], 'Give "expected"'],
    [
      'a file that is not there',
      [{ id: '1', task: 'x', expected: 1, inputs: { a: { file: 'none.csv' } } }],
      'none.csv',
    ],
    [
      'a name that code cannot use',
      [{ id: '1', task: 'x', expected: 1, inputs: { 'a-b': { value: 1 } } }],
      'as variables',
    ],
    [
      'an input that may be a mistake',
      [{ id: '1', task: 'x', expected: 1, inputs: { a: { fil: 'a.csv' } } }],
      '{ "file": "path" }',
    ],
    ['no case', [''], 'at least one case'],
  ])('refuses %s', async (_, rows, message) => {
    await expect(read(write('r.jsonl', ...rows))).rejects.toThrow(message)
  })

  it.each([
    ['nothing.jsonl', 'found nothing'],
    ['gsm9k:a.jsonl', 'Did you mean "gsm8k:"?'],
    ['.', 'Expected tasks.jsonl or dataset.jsonl'],
  ])('is not %s', (ref, message) => {
    expect(() => openDataset(ref, folder)).toThrow(message)
  })
})

describe('published sets', () => {
  it('GSM8K: expects the number after ####, and solves by the last step', async () => {
    write(
      'gsm.jsonl',
      { question: 'How many eggs?', answer: 'She has <<16-3=13>>13.\n13 * 2 = <<13*2=26>>26\n#### 26' },
      { question: 'How much?', answer: 'It is $1,000.\n#### 1,000' },
    )
    const { cases } = await read('gsm8k:gsm.jsonl')
    expect(cases.map(({ expected }) => expected)).toEqual([26, 1000])
    expect(cases[0]?.task).toContain('How many eggs?')
    expect(cases[0]?.solution?.code).toContain('13*2')
  })

  it('HumanEval-X: runs the published tests behind the answer', async () => {
    const prompt = '/* Doubles.\n  >>> twice(2)\n  4\n*/\nconst twice = (n) => {\n'
    write('he.jsonl', {
      task_id: 'JavaScript/0',
      prompt,
      canonical_solution: '  return 2 * n\n}\n',
      test: 'console.assert(twice(4) === 8)',
      declaration: '\nconst twice = (n) => {\n',
    })
    const [each] = (await read('humaneval-x:he.jsonl')).cases
    expect(each).toMatchObject({
      id: 'JavaScript/0',
      checks: [{ kind: 'tests', name: 'twice', prefix: prompt, tests: 'console.assert(twice(4) === 8)' }],
    })
    expect(each?.task).not.toContain('twice(4)')
  })

  it('BFCL: offers the functions with JSON Schema, and expects the accepted calls', async () => {
    write('simple.jsonl', {
      id: 'simple_0',
      question: [[{ role: 'user', content: 'The area of 3 by 4?' }]],
      function: [
        {
          name: 'shape.area',
          description: 'Area.',
          parameters: {
            type: 'dict',
            properties: {
              a: { type: 'float' },
              options: { type: 'dict', properties: { unit: { type: 'String' } } },
            },
            required: ['a'],
          },
        },
      ],
    })
    const truth = [{ 'shape.area': { a: [3, 3.0], options: [{ unit: ['cm', ''] }] } }]
    write('simple.gold.jsonl', { id: 'simple_0', ground_truth: truth })
    const [each] = (await read('bfcl:simple.jsonl')).cases
    expect(each?.tools?.[0]).toMatchObject({
      name: 'shape_area',
      input: {
        type: 'object',
        properties: {
          a: { type: 'number' },
          options: { type: 'object', properties: { unit: { type: 'string' } } },
        },
      },
    })
    expect(each?.checks?.[0]).toMatchObject({ kind: 'calls', calls: [{ name: 'shape_area' }] })
    expect(each?.solution?.calls).toEqual([[{ name: 'shape_area', arguments: { a: 3, options: {} } }]])
  })

  it('BFCL: refuses a set without its answers', async () => {
    write('alone.jsonl', {})
    await expect(read('bfcl:alone.jsonl')).rejects.toThrow('alone.gold.jsonl')
  })
})
