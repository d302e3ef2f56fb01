import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, expect, it } from 'vitest'
import { runModule } from './testing/run-module.ts'

const dir = await mkdtemp(join(tmpdir(), 'nats-readme-'))

afterAll(() => rm(dir, { recursive: true, force: true }))

it('runs the example of the README', async () => {
  const readme = await readFile(new URL('../README.md', import.meta.url), 'utf8')
  const [, example = ''] = /```ts\n([\s\S]*?)```/.exec(readme) ?? []
  // The example imports the package's source, and its dependencies from the package's node_modules.
  const modules = fileURLToPath(new URL('../node_modules', import.meta.url))
  await mkdir(join(dir, 'node_modules'))
  await symlink(join(modules, '@nats-io'), join(dir, 'node_modules', '@nats-io'), 'junction')
  const door = JSON.stringify(new URL('./index.ts', import.meta.url))
  await writeFile(join(dir, 'example.mts'), example.replace(`'@bailiwick/nats-server'`, door))
  const run = runModule(
    `process.chdir(${JSON.stringify(dir)}); await import(${JSON.stringify(join(dir, 'example.mts'))})`,
  )
  expect(await run.line()).toMatch(/^nats:\/\/127\.0\.0\.1:\d+, nats-server \d/)
  expect(await run.exited).toBe(0)
})
