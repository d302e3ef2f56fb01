import { readFile, stat } from 'node:fs/promises'
import { setTimeout as delay } from 'node:timers/promises'
import type { NatsServerBinary } from '../binary/inspect-binary.ts'
import { NatsServerError } from '../nats-server-error.ts'
import { processIdentity } from '../process-identity.ts'
import { writePrivateFile } from '../store/private-file.ts'
import { readServerRecord, writeServerRecord } from '../store/server-record.ts'
import { candidatePorts } from './candidate-ports.ts'
import { STORE_HELD } from './hold-store.ts'
import { clearPortsFolder } from './ports-file.ts'
import {
  addressOf,
  type ReadyServer,
  type ServerAddress,
  START_TIMEOUT_MS,
  type WantedServer,
} from './server-address.ts'
import { serverConfig } from './server-config.ts'
import { type ServerExit, type ServerProcess, spawnServer } from './server-process.ts'

/** Starts the server and waits until it answers. */
export async function launchServer(wanted: WantedServer, binary: NatsServerBinary): Promise<ReadyServer> {
  const remembered = (await readServerRecord(wanted.layout.record))?.port
  const ports = candidatePorts(wanted.host, wanted.options.port, remembered)
  while (true) {
    const ready = await launchOn((await ports.next()).value, wanted, binary)
    // A port that was free may be taken by the time the server listens.
    if (ready !== 'port-taken') return ready
  }
}

async function launchOn(
  port: number,
  wanted: WantedServer,
  binary: NatsServerBinary,
): Promise<ReadyServer | 'port-taken'> {
  const { layout, identity, host, limits } = wanted
  const { version } = binary
  await clearPortsFolder(layout.ports)
  await writePrivateFile(
    layout.config,
    serverConfig({ host, port, identity, paths: layout, limits, version }),
  )
  const logStart = await sizeOf(layout.log)
  const child = await spawnServer({ ...layout, binary: binary.path, memory: limits.memory })
  try {
    const started = processIdentity(child.pid)
    const remember = (address: Partial<ServerAddress> & { version: string }) =>
      writeServerRecord(layout.record, {
        v: 1,
        ...address,
        ...(started !== undefined && { process: started }),
      })
    // Before it answers: a crash of ours from here on leaves a server that is found again.
    await remember({ ...(port > 0 && { port }), version })
    const answer = await untilAnswers(child, wanted)
    if ('exit' in answer) {
      const said = await textFrom(layout.log, logStart)
      if (/address already in use|Only one usage of each socket address/i.test(said)) return 'port-taken'
      throw answer.exit.code === STORE_HELD
        ? storeHeld(layout.store)
        : ended(version, answer.exit, said, layout.log)
    }
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
  wanted: WantedServer,
): Promise<ServerAddress | { exit: ServerExit }> {
  const { signal, startTimeoutMs = START_TIMEOUT_MS } = wanted.options
  const deadline = Date.now() + startTimeoutMs
  let exit: ServerExit | undefined
  child.exited.then((value) => {
    exit = value
  })
  while (exit === undefined) {
    signal?.throwIfAborted()
    const address = await addressOf(wanted, child.pid)
    if (address) return address
    if (Date.now() > deadline) {
      throw new NatsServerError(
        'start-failed',
        `nats-server did not answer within ${startTimeoutMs / 1000} s and was ended. Its log: ${wanted.layout.log}`,
      )
    }
    await Promise.race([delay(4), child.exited])
  }
  return { exit }
}

function ended(version: string, exit: ServerExit, said: string, log: string): NatsServerError {
  const last = said.trim().split('\n').slice(-5).join('\n')
  return new NatsServerError(
    'start-failed',
    `nats-server ${version} ended at start (${exit.signal ?? `exit code ${exit.code}`}). ` +
      `Its last lines, from ${log}:\n${last || '(none)'}`,
  )
}

function storeHeld(store: string): NatsServerError {
  return new NatsServerError(
    'store-locked',
    `${store} is in use by a nats-server that cannot be seen from here, such as one in another container. ` +
      'End it first, or use another data directory.',
  )
}

/** What was added to a file since it had that many bytes; everything where it was rotated meanwhile. */
async function textFrom(path: string, start: number): Promise<string> {
  const bytes = await readFile(path)
  return bytes.toString('utf8', bytes.length < start ? 0 : start)
}

async function sizeOf(path: string): Promise<number> {
  return (await stat(path).catch(() => ({ size: 0 }))).size
}
