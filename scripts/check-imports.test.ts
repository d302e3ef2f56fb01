import { describe, expect, it } from 'vitest'
import { checkImports } from './check-imports.ts'

const manifest = {
  name: '@bailiwick/x',
  dependencies: {
    '@bailiwick/contract': '*',
    '@bailiwick/core': '*',
    '@bailiwick/bus': '*',
    bailiwick: '*',
    openai: '*',
    '@langchain/langgraph': '*',
  },
}

describe('checkImports', () => {
  it.each([
    [
      'packages/core',
      'packages/core/src/a.ts',
      `import { b } from '@bailiwick/bus'`,
      'may import only @bailiwick/contract, @bailiwick/core/reply, @bailiwick/core/journal',
    ],
    [
      'packages/bus',
      'packages/bus/src/a.ts',
      `import { b } from '@bailiwick/core'`,
      'may import only @bailiwick/contract',
    ],
    [
      'packages/bus',
      'packages/bus/src/a.ts',
      `export { b } from '../../core/src/b.ts'`,
      'leaves packages/bus',
    ],
    [
      'packages/sandbox',
      'packages/sandbox/src/a.ts',
      `import { b } from '@bailiwick/contract'`,
      'only @bailiwick/contract/world',
    ],
    ['packages/contract', 'packages/contract/src/a.ts', `import { b } from '@bailiwick/core'`, 'nothing of'],
    ['packages/bus', 'packages/bus/src/a.ts', `import chalk from 'chalk'`, 'does not declare chalk'],
    ['packages/models', 'packages/models/src/a.ts', `import OpenAI from 'openai'`, 'dynamic import()'],
    ['packages/agent', 'packages/agent/src/a.ts', `import { b } from '@bailiwick/bus'`, 'dynamic import()'],
    [
      'apps/coordinator',
      'apps/cli/src/a.ts',
      `await import('@langchain/langgraph')`,
      'only apps/coordinator/src/',
    ],
    ['chaos/judge', 'chaos/judge/a.ts', `import { b } from '@bailiwick/bus'`, 'nothing of the workspace'],
    ['chaos/judge', 'chaos/judge/a.ts', `import { b } from 'bailiwick'`, 'nothing of the workspace'],
    ['chaos/judge', 'chaos/judge/a.ts', `import { b } from '../stage/stage.ts'`, 'leaves chaos/judge'],
  ])('refuses in %s: %s %s', (folder, file, source, reason) => {
    expect(checkImports(folder, manifest, file, `\n${source}\n`)).toEqual([
      expect.stringMatching(new RegExp(`^${file}:2 imports .*`)),
    ])
    expect(checkImports(folder, manifest, file, source)[0]).toContain(reason)
  })

  it.each([
    ['packages/bus', 'packages/bus/src/a.ts', `import { b } from '@bailiwick/contract'`],
    ['packages/sandbox', 'packages/sandbox/src/a.ts', `import { b } from '@bailiwick/contract/world'`],
    [
      'packages/models',
      'packages/models/src/a.ts',
      `const { OpenAI } = await import('openai'); import type { X } from 'openai'`,
    ],
    ['packages/agent', 'packages/agent/src/host/a.ts', `import { b } from '@bailiwick/bus'`],
    [
      'packages/agent',
      'packages/agent/src/a.ts',
      `import type { Bus } from '@bailiwick/bus'; import fs from 'node:fs'`,
    ],
    [
      'apps/coordinator',
      'apps/coordinator/src/graph.ts',
      `import { StateGraph } from '@langchain/langgraph'`,
    ],
  ])('accepts in %s: %s %s', (folder, file, source) => {
    expect(checkImports(folder, manifest, file, source)).toEqual([])
  })
})
