import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { DefinitionError } from '@bailiwick/contract'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { loadDefinition } from './load-definition.ts'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'load-definition-'))
  const agent = (name: string) => `export default { name: '${name}', description: 'x', level: 'processor' }`
  const files = {
    'agents/plain.js': agent('plain'),
    'node_modules/@acme/import-only/package.json': manifest({
      exports: { '.': { import: './lib/agent.js' } },
    }),
    'node_modules/@acme/import-only/lib/agent.js': agent('import-only'),
    'node_modules/with-types/package.json': manifest({
      exports: { '.': { types: './index.d.ts', default: './index.js' }, './second': './second.js' },
    }),
    'node_modules/with-types/index.js': agent('with-types'),
    'node_modules/with-types/second.js': agent('second'),
    'node_modules/old-main/package.json': manifest({ main: 'start.js' }),
    'node_modules/old-main/start.js': agent('old-main'),
    'node_modules/unbuilt/package.json': manifest({ exports: { '.': { import: './dist/index.js' } } }),
  }
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, path)), { recursive: true })
    await writeFile(join(folder, path), text)
  }
})
afterAll(() => rm(folder, { recursive: true }))

const manifest = (fields: object) => JSON.stringify({ version: '1.0.0', type: 'module', ...fields })

describe('loadDefinition', () => {
  it.each([
    ['./agents/plain.js', 'plain', 'agents'],
    ['agents/plain.js', 'plain', 'agents'],
    ['@acme/import-only', 'import-only', 'node_modules/@acme/import-only/lib'],
    ['./node_modules/@acme/import-only', 'import-only', 'node_modules/@acme/import-only/lib'],
    ['with-types', 'with-types', 'node_modules/with-types'],
    ['with-types/second', 'second', 'node_modules/with-types'],
    ['old-main', 'old-main', 'node_modules/old-main'],
    ['./node_modules/old-main', 'old-main', 'node_modules/old-main'],
  ])('finds %s', async (spec, name, where) => {
    const loaded = await loadDefinition(spec, folder)
    expect(loaded.definition).toMatchObject({ name, level: 0 })
    expect(loaded.folder.replaceAll('\\', '/')).toMatch(new RegExp(`${where}$`))
  })

  it.each([
    ['no-such-package', 'agent package "no-such-package" was not found from'],
    ['./agents/none.ts', 'agent file "./agents/none.ts" does not exist (looked for'],
    ['none.ts', 'agent file "none.ts" does not exist (looked for'],
    ['unbuilt', 'dist/index.js is missing. Build it, or pass the path'],
    ['./agents', '"./agents" is not an agent package: its package.json names no entry'],
  ])('explains why %s cannot be loaded', async (spec, message) => {
    const loading = loadDefinition(spec, folder)
    await expect(loading).rejects.toThrow(DefinitionError)
    await expect(loading).rejects.toThrow(message)
  })
})
