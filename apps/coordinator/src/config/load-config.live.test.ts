import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import { scratch } from '../testing/scratch.ts'
import { checkConfig, type LoadedConfig, loadConfig, SHIPPED_TEAM } from './load-config.ts'

/** Loads with plain Node, as the command does, because vitest transforms what it imports. */
async function loadByNode(options: Parameters<typeof loadConfig>[0]): Promise<LoadedConfig> {
  const module = new URL('./load-config.ts', import.meta.url).href
  const code = `import { loadConfig } from ${JSON.stringify(module)}
    const answer = await loadConfig(${JSON.stringify(options)}).catch((error) => ({ failed: error.message }))
    console.log(JSON.stringify(answer))`
  const { stdout, stderr } = await promisify(execFile)(process.execPath, [
    ...process.execArgv,
    '--input-type=module',
    '-e',
    code,
  ])
  const answer: LoadedConfig & { failed?: string } = JSON.parse(stdout)
  if (answer.failed !== undefined) throw new Error(answer.failed)
  expect(stderr).toBe('')
  return answer
}

describe('checkConfig', () => {
  it.each([
    [{ modle: 'x' }, 'modle: unknown option. Did you mean "model"?'],
    [
      { team: ['a', { agent: 'b', replica: 2 }] },
      'team[1].replica: unknown option. Did you mean "replicas"?',
    ],
    [{ limits: { task: 3 } }, 'limits.task: unknown option. Did you mean "tasks"?'],
    [{ strategy: 'paln' }, 'strategy: expected one of "auto", "plan", "direct", found "paln"'],
    [{ team: [{ agent: 'a', level: 6 }] }, 'team[0].level: expected a level from 0 to 5'],
    [{ team: [{ agent: 'a', level: 'coder' }] }, 'found "coder"'],
    [{ team: [{ agent: 'a', replicas: 0 }] }, 'team[0].replicas: expected a number >=1, found 0'],
    [{ team: [7] }, 'team[0]: expected a package name, a path, or { agent: … }, found 7'],
    [{ team: 'analyst' }, 'team: expected array, found "analyst"'],
    [
      { nats: { url: 'localhost' } },
      'nats.url: expected a URL such as "nats://127.0.0.1:4222", found "localhost"',
    ],
    [{ nats: { prot: 4222 } }, 'nats.prot: unknown option. Did you mean "port"?'],
    [{ budget: { token: 5 } }, 'budget.token: unknown option. Did you mean "tokens"?'],
    [
      { models: { fast: 5 } },
      'models.fast: expected "provider/model" or { model: "provider/model", … }, found 5',
    ],
    [
      { models: { fast: { model: 'a/b', temprature: 1 } } },
      'models.fast.temprature: unknown option. Did you mean "temperature"?',
    ],
    [{ entirely: 'else' }, 'entirely: unknown option. Known: nats, model,'],
    ['no object', 'the configuration: expected object, found "no object"'],
  ])('reports the faulty option of %j, what it expected and what it found', (config, message) => {
    expect(() => checkConfig(config)).toThrow(message)
  })

  it('reports every fault at once', () => {
    expect(() => checkConfig({ modle: 'x', strategy: 1, limits: { depth: -1 } })).toThrow(
      /strategy: .*\n.*limits\.depth: .*\n.*modle: /,
    )
  })
})

describe('loadConfig', () => {
  it('uses the shipped team and a data directory in the current folder if there is no file', async () => {
    await using place = await scratch()
    const config = await loadConfig({ cwd: place.folder })
    expect(config.team.map(({ agent }) => agent)).toEqual(SHIPPED_TEAM)
    expect(config.dataDir).toBe(`${place.folder}/.bailiwick`)
    expect(config.file).toBeUndefined()
  })

  it('reads a TypeScript file that imports bailiwick from another installation, and .env', async () => {
    await using place = await scratch()
    const file = await place.write(
      'bailiwick.config.ts',
      `import { defineConfig } from 'bailiwick'
       const replicas: number = 2
       export default defineConfig({ model: process.env.TEST_DOT_ENV, team: [{ agent: './a.ts', replicas }] })`,
    )
    await place.write('.env', 'TEST_DOT_ENV=ollama/from-dot-env\n')
    const config = await loadByNode({ cwd: place.folder, file })
    expect(config).toMatchObject({ model: 'ollama/from-dot-env', folder: place.folder, file })
    expect(config.team).toMatchObject([{ agent: './a.ts', replicas: 2, maxConcurrent: 4 }])
  })

  it('names a file that cannot be loaded', async () => {
    await using place = await scratch()
    const file = await place.write('bailiwick.config.mjs', 'export default {{')
    await expect(loadByNode({ cwd: place.folder })).rejects.toThrow(`Cannot load ${file}: SyntaxError`)
    await expect(loadByNode({ cwd: place.folder, file: 'other.ts' })).rejects.toThrow(
      'Expected a configuration at',
    )
  })

  it('requires a default export', async () => {
    await using place = await scratch()
    await place.write('bailiwick.config.js', 'export const config = {}')
    await expect(loadByNode({ cwd: place.folder })).rejects.toThrow('found no default export')
  })
})
