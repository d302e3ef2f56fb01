import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import { scratch } from '../testing/scratch.ts'
import { checkConfig, type LoadedConfig, loadConfig, SHIPPED_TEAM } from './load-config.ts'

/** Loads by Node itself, as the command does: a test runner's own `import()` transforms what it loads. */
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
    [{ modle: 'x' }, 'modle: unknown option; did you mean "model"?'],
    [
      { team: ['a', { agent: 'b', replica: 2 }] },
      'team[1].replica: unknown option; did you mean "replicas"?',
    ],
    [{ limits: { task: 3 } }, 'limits.task: unknown option; did you mean "tasks"?'],
    [{ strategy: 'paln' }, 'strategy: wanted one of "plan", "direct"; got "paln"'],
    [{ team: [{ agent: 'a', level: 6 }] }, 'team[0].level: wanted a level from 0 to 5'],
    [{ team: [{ agent: 'a', level: 'coder' }] }, 'got "coder"'],
    [
      { team: [{ agent: 'a', replicas: 0 }] },
      'team[0].replicas: too small: expected number to be >=1; got 0',
    ],
    [{ team: [7] }, 'team[0]: wanted a package name, a path, or { agent: … }; got 7'],
    [{ team: 'analyst' }, 'team: wanted array; got "analyst"'],
    [
      { nats: { url: 'localhost' } },
      'nats.url: wanted a URL such as "nats://127.0.0.1:4222"; got "localhost"',
    ],
    [{ nats: { prot: 4222 } }, 'nats.prot: unknown option; did you mean "port"?'],
    [{ budget: { token: 5 } }, 'budget.token: unknown option; did you mean "tokens"?'],
    [
      { models: { fast: 5 } },
      'models.fast: expected "provider/model" or { model: "provider/model", … }; got 5',
    ],
    [
      { models: { fast: { model: 'a/b', temprature: 1 } } },
      'models.fast.temprature: unknown option; did you mean "temperature"?',
    ],
    [{ entirely: 'else' }, 'entirely: unknown option; known: nats, model,'],
    ['no object', 'the configuration: wanted object; got "no object"'],
  ])('says of %j where it is wrong and what was wanted', (config, message) => {
    expect(() => checkConfig(config)).toThrow(message)
  })

  it('tells every fault at once', () => {
    expect(() => checkConfig({ modle: 'x', strategy: 1, limits: { depth: -1 } })).toThrow(
      /strategy: .*\n.*limits\.depth: .*\n.*modle: /,
    )
  })
})

describe('loadConfig', () => {
  it('has the shipped team and a data directory beside it where there is no file', async () => {
    await using place = await scratch()
    const config = await loadConfig({ cwd: place.folder })
    expect(config.team.map(({ agent }) => agent)).toEqual(SHIPPED_TEAM)
    expect(config.dataDir).toBe(`${place.folder}/.bailiwick`)
    expect(config.file).toBeUndefined()
  })

  it('reads TypeScript above the folder, with defineConfig of an installation elsewhere, and .env', async () => {
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

  it('names the file that does not load', async () => {
    await using place = await scratch()
    const file = await place.write('bailiwick.config.mjs', 'export default {{')
    await expect(loadByNode({ cwd: place.folder })).rejects.toThrow(
      `${file} could not be loaded: SyntaxError`,
    )
    await expect(loadByNode({ cwd: place.folder, file: 'other.ts' })).rejects.toThrow('no configuration at')
  })

  it('wants a default export', async () => {
    await using place = await scratch()
    await place.write('bailiwick.config.js', 'export const config = {}')
    await expect(loadByNode({ cwd: place.folder })).rejects.toThrow('has no default export')
  })
})
