import { describe, expect, it } from 'vitest'
import { checkImport, folderCycles, readImports } from './check-imports.ts'

const check = (folder: string, file: string, source: string) =>
  readImports(file, source).map((found) => checkImport(folder, file, found))

describe('checkImport', () => {
  it.each([
    [
      'packages/core',
      'src/a.ts',
      `import { b } from '@bailiwick/bus'`,
      'may import only @bailiwick/contract',
    ],
    [
      'packages/bus',
      'src/a.ts',
      `import { b } from '@bailiwick/core'`,
      'may import only @bailiwick/contract',
    ],
    ['packages/bus', 'src/a.ts', `export { b } from '../../core/src/b.ts'`, 'leaves packages/bus'],
    ['packages/bus', 'src/a.test.ts', `import { b } from '../../core/src/b.ts'`, 'leaves packages/bus'],
    ['packages/bus', 'test/a.ts', `import { b } from '../../core/src/b.ts'`, 'leaves packages/bus'],
    ['packages/bus', 'src/a.ts', `import { b } from '../../core/test/b.ts'`, 'leaves packages/bus'],
    [
      'packages/sandbox',
      'src/a.ts',
      `import { b } from '@bailiwick/contract'`,
      'only @bailiwick/contract/world',
    ],
    ['packages/contract', 'src/a.ts', `import { b } from '@bailiwick/core'`, 'nothing of'],
    [
      'packages/sandbox',
      'src/parent/a.ts',
      `import ivm from 'isolated-vm'`,
      'only packages/sandbox/src/child/',
    ],
    ['packages/models', 'src/a.ts', `import OpenAI from 'openai'`, 'dynamic import()'],
    ['packages/agent', 'src/a.ts', `import { b } from '@bailiwick/bus'`, 'dynamic import()'],
    ['apps/cli', 'src/a.ts', `await import('@langchain/langgraph')`, 'only apps/coordinator/src/'],
  ])('rejects in %s/%s: %s', (folder, file, source, reason) => {
    expect(check(folder, `${folder}/${file}`, source)).toEqual([expect.stringContaining(reason)])
  })

  it.each([
    [`import { b } from '@bailiwick/bus'`, 'nothing of the workspace'],
    [`import { b } from 'bailiwick'`, 'nothing of the workspace'],
    [`import { b } from '../stage/stage.ts'`, 'leaves chaos/judge'],
  ])('rejects in the judge: %s', (source, reason) => {
    expect(check('chaos/judge', 'chaos/judge/a.ts', source)).toEqual([expect.stringContaining(reason)])
  })

  it.each([
    ['packages/bus', 'src/a.ts', `import { b } from '@bailiwick/contract'`],
    ['packages/sandbox', 'src/a.ts', `import { b } from '@bailiwick/contract/world'`],
    ['packages/models', 'src/a.ts', `const { A } = await import('openai'); import type { X } from 'openai'`],
    ['packages/agent', 'src/host/a.ts', `import { b } from '@bailiwick/bus'`],
    ['packages/agent', 'src/a.ts', `import type { Bus } from '@bailiwick/bus'; import fs from 'node:fs'`],
    ['packages/core', 'test/a.ts', `import { b } from '@bailiwick/sandbox'`],
    ['packages/agent', 'test/a.ts', `import { b } from '../../sandbox/test/b.ts'`],
    ['apps/coordinator', 'src/graph.ts', `import { StateGraph } from '@langchain/langgraph'`],
  ])('accepts in %s/%s: %s', (folder, file, source) => {
    expect(check(folder, `${folder}/${file}`, source).filter((problem) => problem !== undefined)).toEqual([])
  })
})

describe('folderCycles', () => {
  it('finds a circle of folders and names its members', () => {
    const graph = new Map([
      ['loop', new Set(['act'])],
      ['act', new Set(['gate'])],
      ['gate', new Set(['loop'])],
    ])
    expect(folderCycles(graph)).toEqual(['loop → act → gate → loop'])
  })

  it('accepts folders that two others share', () => {
    const graph = new Map([
      ['loop', new Set(['gate', 'memory'])],
      ['gate', new Set(['memory'])],
    ])
    expect(folderCycles(graph)).toEqual([])
  })
})
