import { readdirSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type RunningNatsServer, startNatsServer } from '@bailiwick/nats-server'
import type { TestServer } from '@bailiwick/nats-server/testing'

/** Ends a server as a power cut does, and fills the newest file of a stream's messages with zeros. */
export async function zeroLastBlock(server: TestServer, stream: string): Promise<void> {
  process.kill(server.pid, 'SIGKILL')
  await server.exited
  const last = blocksOf(server.dataDir, stream).at(-1)
  if (last === undefined) throw new Error(`Expected files of the stream ${stream} below ${server.dataDir}.`)
  writeFileSync(last, Buffer.alloc(statSync(last).size))
}

/** Starts another server on the data of an ended one: on the same port, or on any. */
export function restartServer(
  server: TestServer,
  port = Number(new URL(server.url).port),
): Promise<RunningNatsServer> {
  return startNatsServer({ dataDir: server.dataDir, port })
}

/** The files with the messages of a stream, oldest first. */
function blocksOf(dataDir: string, stream: string): string[] {
  return readdirSync(dataDir, { recursive: true, withFileTypes: true })
    .filter(({ name, parentPath }) => parentPath.endsWith(`/${stream}/msgs`) && name.endsWith('.blk'))
    .sort((a, b) => Number.parseInt(a.name, 10) - Number.parseInt(b.name, 10))
    .map(({ name, parentPath }) => join(parentPath, name))
}
