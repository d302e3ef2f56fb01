import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { startOllamaServer } from '@bailiwick/models/testing'
import { expect, it } from 'vitest'

const here = fileURLToPath(new URL('..', import.meta.url))

/** Preloaded module that appends the URL of every loaded module to a file. */
const NOTE_LOADED = `
import { registerHooks } from 'node:module'
import { appendFileSync } from 'node:fs'
registerHooks({ load(url, context, next) { appendFileSync(process.env.LOADED, url + '\\n'); return next(url, context) } })
`

/** Runs the first example of a README in a folder that has only this package and zod. */
async function runExample(readme: string, replies: string[]) {
  const example = /```ts\n([\s\S]*?)```/.exec(await readFile(readme, 'utf8'))?.[1] ?? ''
  await using ollama = await startOllamaServer({ reply: () => replies[ollama.requests.length - 1] ?? '' })
  await using stack = new AsyncDisposableStack()
  const folder = await mkdtemp(join(tmpdir(), 'agent-readme-'))
  stack.defer(() => rm(folder, { recursive: true }))
  await mkdir(join(folder, 'node_modules', '@bailiwick'), { recursive: true })
  await symlink(here, join(folder, 'node_modules', '@bailiwick', 'agent'), 'junction')
  await symlink(join(here, 'node_modules', 'zod'), join(folder, 'node_modules', 'zod'), 'junction')
  await writeFile(join(folder, 'note-loaded.js'), NOTE_LOADED)
  await writeFile(join(folder, 'package.json'), '{"type":"module"}')
  await writeFile(join(folder, 'agent.mts'), example)

  const loaded = join(folder, 'loaded')
  const { stdout, stderr } = await promisify(execFile)(
    process.execPath,
    [...process.execArgv, '--import', './note-loaded.js', 'agent.mts'],
    { cwd: folder, env: { OLLAMA_HOST: ollama.url, LOADED: loaded, HOME: folder } },
  )
  const models = ollama.requests.map(({ model }) => model)
  return { stdout, stderr, models, modules: await readFile(loaded, 'utf8') }
}

const BOTH =
  'I add both.\n<code>\nconst both = await Promise.all([population({ country: "Norway" }), population({ country: "Iceland" })])\nfinalAnswer(both[0] + both[1])\n</code>'

it('runs the example of the package README unchanged, without loading NATS or LangGraph', async () => {
  const readme = join(here, 'README.md')
  const { stdout, models, modules } = await runExample(readme, [
    BOTH,
    '<code>\nfinalAnswer("Norway")\n</code>',
  ])
  expect(stdout).toBe('6\n<code>\nfinalAnswer("Norway")\n</code>')
  expect(models).toEqual(['qwen3:8b', 'qwen3:8b'])
  expect(modules).toContain('packages/core/src/index.ts')
  expect(modules).not.toMatch(/@nats-io|packages\/bus|@langchain|isolated-vm/)
})

it('runs the ten-line agent of the front page unchanged', async () => {
  const { stdout, stderr } = await runExample(join(here, '../../README.md'), [BOTH])
  expect({ stdout, stderr }).toEqual({ stdout: '6\n', stderr: '' })
})
