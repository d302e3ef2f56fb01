import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { startOllamaServer } from '@bailiwick/models/testing'
import { useBubblewrap } from '@bailiwick/sandbox/testing'
import { expect, it } from 'vitest'

await useBubblewrap()

const here = fileURLToPath(new URL('..', import.meta.url))

it('runs the example in the README', async () => {
  const code = /```ts\n([\s\S]*?)```/.exec(await readFile(join(here, 'README.md'), 'utf8'))?.[1] ?? ''
  await using ollama = await startOllamaServer({
    reply: ({ tools }) =>
      tools.includes('finalAnswer')
        ? { calls: [{ name: 'finalAnswer', arguments: { answer: 7 } }] }
        : '<code>\nfinalAnswer(3 + 4)\n</code>',
  })
  await using stack = new AsyncDisposableStack()
  const folder = await mkdtemp(join(tmpdir(), 'eval-readme-'))
  stack.defer(() => rm(folder, { recursive: true }))
  const tasks = join(folder, 'docs/examples/tasks')
  await mkdir(tasks, { recursive: true })
  await writeFile(join(tasks, 'tasks.jsonl'), '{"id":"sum","task":"What is 3 + 4?","expected":7}')
  await writeFile(join(folder, 'package.json'), '{"type":"module"}')
  await writeFile(join(folder, 'example.ts'), code)
  const scope = join(folder, 'node_modules/@bailiwick')
  await mkdir(scope, { recursive: true })
  for (const name of ['eval', 'agent', 'models'])
    await symlink(join(here, '..', name), join(scope, name), 'junction')

  const { stdout } = await promisify(execFile)(process.execPath, [...process.execArgv, 'example.ts'], {
    cwd: folder,
    env: { OLLAMA_HOST: ollama.url, HOME: folder },
  })
  expect(stdout).toContain('| solver | 3 | ollama/qwen3:8b | 3 of 3 (100.0%) |')
  expect(stdout).toContain('| solver | 5 | ollama/qwen3:8b | 3 of 3 (100.0%) |')
  // Ollama runs on this machine, so its price is known.
  expect(stdout).toContain('| $0.0000 |')
  expect(ollama.requests).toHaveLength(6)
})
