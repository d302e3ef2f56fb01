import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { ensureNatsServer } from '../binary/ensure-nats-server.ts'
import { portOf } from '../server/ports-file.ts'

/** A server as somebody else runs it: disposing ends it. */
export interface ForeignServer extends AsyncDisposable {
  readonly port: number
  readonly url: string
}

/** Starts nats-server on a free port of loopback with JetStream and this configuration besides. */
export async function startForeignServer(config: string): Promise<ForeignServer> {
  const folder = await mkdtemp(join(tmpdir(), 'nats-foreign-'))
  const file = join(folder, 'nats.conf')
  const place = `host: "127.0.0.1"\nport: -1\nports_file_dir: ${JSON.stringify(folder)}\njetstream { store_dir: ${JSON.stringify(join(folder, 'store'))} }\n`
  await writeFile(file, place + config, { mode: 0o600 })
  const { path } = await ensureNatsServer()
  const log = join(folder, 'log')
  const child = spawn(path, ['-c', file, '-l', log], { stdio: 'ignore' })
  const ended = once(child, 'exit')
  try {
    for (;;) {
      const port = await portOf(folder, child.pid ?? 0)
      if (port !== undefined) return foreign(port)
      if (child.exitCode !== null) throw new Error(`nats-server ended: ${await readFile(log, 'utf8')}`)
      await sleep(10)
    }
  } catch (error) {
    child.kill('SIGKILL')
    throw error
  }

  function foreign(port: number): ForeignServer {
    return {
      port,
      url: `nats://127.0.0.1:${port}`,
      async [Symbol.asyncDispose]() {
        child.kill('SIGKILL')
        await ended
        await rm(folder, { recursive: true, force: true })
      },
    }
  }
}
