import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, it } from 'vitest'
import { startBed } from './bed.ts'

const here = new URL('..', import.meta.url)

it('runs the example in the README', async () => {
  const code = /```ts\n([\s\S]*?)```/.exec(await readFile(new URL('README.md', here), 'utf8'))?.[1] ?? ''
  expect(code.trim().split('\n').length).toBeLessThanOrEqual(16)

  await using stack = new AsyncDisposableStack()
  const bed = stack.use(await startBed())
  const folder = await mkdtemp(join(tmpdir(), 'client-readme-'))
  stack.defer(() => rm(folder, { recursive: true }))
  const { url, creds } = await bed.connectOptions({ role: 'user' })
  const env = { NATS_URL: url, NATS_CREDS: join(folder, 'user.creds') }
  await writeFile(env.NATS_CREDS, creds, { mode: 0o600 })
  await writeFile(join(folder, 'weather.csv'), 'month,temp\nJuly,27\n')
  await writeFile(join(folder, 'package.json'), '{"type":"module"}')
  await writeFile(join(folder, 'example.ts'), code)
  await mkdir(join(folder, 'node_modules', '@bailiwick'), { recursive: true })
  await symlink(fileURLToPath(here), join(folder, 'node_modules', '@bailiwick', 'client'), 'junction')

  const running = promisify(execFile)(process.execPath, [...process.execArgv, 'example.ts'], {
    cwd: folder,
    env,
  })
  while (bed.submitted.size === 0 && running.child.exitCode === null) {
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
  for (const run of bed.submitted.keys()) await bed.end(run, 'completed')
  const { stdout } = await running
  expect(stdout).toMatch(/run\.submitted coordinator\n[\s\S]*run\.ended coordinator\ncompleted 42\n$/)
})
