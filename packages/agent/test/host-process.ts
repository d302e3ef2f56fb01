import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { useBubblewrap } from '@bailiwick/sandbox/testing'
import type { TestBus } from './test-bus.ts'

/** A `bailiwick-agent` process. */
export interface HostProcess {
  readonly child: ChildProcess
  /** The output so far. */
  readonly output: { stdout: string; stderr: string }
  /** Exit code, or the signal that ended the process. */
  readonly ended: Promise<number | string>
}

/** The path of an agent in `test/agents`. */
export function testAgent(name: string): string {
  return fileURLToPath(new URL(`agents/${name}`, import.meta.url))
}

/** Runs `bailiwick-agent` with these arguments, without this process's environment. */
export function runHost(args: string[], env: Record<string, string>, cwd?: string): HostProcess {
  const main = fileURLToPath(new URL('../src/host/main.ts', import.meta.url))
  const child = spawn(process.execPath, [...process.execArgv, main, ...args], {
    cwd,
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const output = { stdout: '', stderr: '' }
  child.stdout?.on('data', (bytes: Buffer) => {
    output.stdout += bytes
  })
  child.stderr?.on('data', (bytes: Buffer) => {
    output.stderr += bytes
  })
  const ended = once(child, 'close').then(
    ([code, signal]: (number | string)[]) => code ?? signal ?? 'nothing',
  )
  return { child, output, ended }
}

/** Starts hosts on a test's bus. Disposing kills the hosts that still run. */
export async function openHosts(test: TestBus, script: unknown = {}, more: Record<string, string> = {}) {
  await useBubblewrap()
  const folder = await mkdtemp(join(tmpdir(), 'agent-host-'))
  const replies = join(folder, 'replies.json')
  const creds = join(folder, 'host.creds')
  await writeFile(replies, JSON.stringify(script))
  await writeFile(creds, (await test.server.credentials({ name: 'host' })).creds)
  const hosts: HostProcess[] = []
  return {
    /** Starts a host. Resolves once the host is announced. */
    async start(agent: string, ...options: string[]): Promise<HostProcess> {
      const env = { NATS_URL: test.server.url, NATS_CREDS: creds, BAILIWICK_MODEL: `scripted:${replies}` }
      const host = runHost([testAgent(agent), ...options], { ...env, MARKS: join(folder, 'marks'), ...more })
      hosts.push(host)
      await new Promise<void>((resolve, reject) => {
        host.child.stdout?.on('data', () => host.output.stdout.includes(' is hosted as ') && resolve())
        void host.ended.then((code) =>
          reject(new Error(`the host ended with ${code}: ${host.output.stderr}`)),
        )
      })
      return host
    },
    /** The test agents' tools append a line to this file for each call. */
    marks: join(folder, 'marks'),
    async [Symbol.asyncDispose]() {
      for (const { child } of hosts) child.kill('SIGKILL')
      await Promise.all(hosts.map(({ ended }) => ended))
      await rm(folder, { recursive: true, force: true })
    },
  }
}
