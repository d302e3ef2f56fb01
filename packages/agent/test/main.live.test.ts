import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { runHost, testAgent } from './host-process.ts'

async function fails(args: string[], env: Record<string, string> = {}, cwd?: string): Promise<string> {
  const host = runHost(args, env, cwd)
  const code = await host.ended
  expect(host.output.stdout).toBe('')
  return `${code} ${host.output.stderr.trim()}`
}

describe.concurrent('bailiwick-agent', { timeout: 300_000 }, () => {
  it.each([
    ['nothing to host', [], 'expected one package or path, found 0'],
    ['an unknown option', ['--levels', '3'], "Unknown option '--levels'"],
    [
      'an invalid number',
      [testAgent('worker.ts'), '--max-concurrent', 'two'],
      'expected a whole number above 0, found "two"',
    ],
    ['a file that does not exist', ['./nowhere.ts'], 'agent file "./nowhere.ts" does not exist'],
    [
      'a module that throws',
      [testAgent('throws.ts')],
      'throws when it is loaded: TypeError: no licence file',
    ],
    [
      'no default export',
      [testAgent('no-default.ts')],
      'expected a default export, export default defineAgent({ … }), found agent',
    ],
    [
      'a level that does not exist',
      [testAgent('bad-level.ts')],
      'expected a level from 0 to 5 or one of processor',
    ],
    ['an import that is not installed', [testAgent('missing-import.ts')], 'no-such-package is not installed'],
    ['no bus', [testAgent('worker.ts')], 'NATS_URL is not set'],
  ])('explains the problem and exits 2: %s', async (_, args, message) => {
    const told = await fails(args)
    expect(told).toMatch(/^2 bailiwick-agent: /)
    expect(told).toContain(message)
    expect(told).not.toContain('    at ')
  })

  it('names the folder where it looked for a package', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'agent-main-'))
    try {
      expect(await fails(['@acme/agent-legal'], {}, folder)).toBe(
        `2 bailiwick-agent: agent package "@acme/agent-legal" was not found from ${folder}: install it there, or pass a path that starts with "./"`,
      )
    } finally {
      await rm(folder, { recursive: true })
    }
  })

  it('prints its usage', async () => {
    const host = runHost(['--help'], {})
    expect(await host.ended).toBe(0)
    expect(host.output.stdout).toContain('usage: bailiwick-agent <package or path>')
  })
})
