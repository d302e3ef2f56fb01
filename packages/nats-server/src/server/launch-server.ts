import { stat } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { hasCode } from '@bailiwick/contract/world'
import type { NatsServerBinary } from '../binary/inspect-binary.ts'
import { NatsServerError } from '../nats-server-error.ts'
import { processIdentity } from '../process-identity.ts'
import { writePrivateFile } from '../store/private-file.ts'
import { readServerRecord, writeServerRecord } from '../store/server-record.ts'
import { candidatePorts } from './candidate-ports.ts'
import { clearPortsFolder } from './ports-file.ts'
import {
  findAddress,
  type ReadyServer,
  type ServerAddress,
  type ServerRequest,
  START_TIMEOUT_MS,
} from './server-address.ts'
import { serverConfig } from './server-config.ts'
import { type ServerExit, type ServerProcess, spawnServer } from './server-process.ts'
import { startError } from './start-error.ts'

const POLL_MS = 4

/** Starts a server and waits until it answers. */
export async function launchServer(request: ServerRequest, binary: NatsServerBinary): Promise<ReadyServer> {
  const remembered = (await readServerRecord(request.layout.record))?.port
  const ports = candidatePorts(request.host, request.options.port, remembered)
  while (true) {
    const { value: port } = await ports.next()
    try {
      return await launchOn(port, request, binary)
    } catch (error) {
      // Another program took the port after the check, so try the next one.
      if (!hasCode(error, 'port-taken')) throw error
    }
  }
}

async function launchOn(
  port: number,
  request: ServerRequest,
  { path, version }: NatsServerBinary,
): Promise<ReadyServer> {
  const { layout, identity, host, limits } = request
  await clearPortsFolder(layout.ports)
  await writePrivateFile(
    layout.config,
    serverConfig({ host, port, identity, paths: layout, limits, version }),
  )
  const logStart = await sizeOf(layout.log)
  const child = await spawnServer({ ...layout, binary: path, memory: limits.memory })
  try {
    const started = processIdentity(child.pid)
    const remember = (address: Partial<ServerAddress> & { version: string }) =>
      writeServerRecord(layout.record, { v: 1, ...address, ...(started && { process: started }) })
    // Written before the server answers: if this process dies now, the next start still finds the server.
    await remember({ ...(port > 0 && { port }), version })
    const answer = await untilAnswers(child, request)
    if ('exit' in answer) throw await startError(answer.exit, { ...layout, version, logStart })
    await remember(answer)
    return { process: child, ...answer }
  } catch (error) {
    await child.kill('SIGKILL')
    await child.exited
    throw error
  }
}

async function untilAnswers(
  child: ServerProcess,
  request: ServerRequest,
): Promise<ServerAddress | { exit: ServerExit }> {
  const { signal, startTimeoutMs = START_TIMEOUT_MS } = request.options
  const deadline = performance.now() + startTimeoutMs
  let exit: ServerExit | undefined
  void child.exited.then((value) => {
    exit = value
  })
  while (exit === undefined) {
    signal?.throwIfAborted()
    const address = await findAddress(request, child.pid)
    if (address) return address
    if (performance.now() > deadline) {
      throw new NatsServerError(
        'start-failed',
        `Expected nats-server to answer within ${startTimeoutMs / 1000} s; it did not and was killed. ` +
          `Its log: ${request.layout.log}`,
      )
    }
    await Promise.race([sleep(POLL_MS), child.exited])
  }
  return { exit }
}

async function sizeOf(path: string): Promise<number> {
  return (await stat(path).catch(() => ({ size: 0 }))).size
}
