import { setTimeout as sleep } from 'node:timers/promises'
import { NatsServerError } from '../nats-server-error.ts'
import { isSameProcess, isStillRunning, type ProcessIdentity, processIdentity } from '../process-identity.ts'
import { readServerRecord, writeServerRecord } from '../store/server-record.ts'
import { pidsInPortsFolder } from './ports-file.ts'
import { findAddress, type ReadyServer, type ServerRequest, START_TIMEOUT_MS } from './server-address.ts'
import { adoptProcess } from './server-process.ts'

/**
 * Takes charge of the server that still runs on the data directory.
 *
 * @returns undefined if no server runs
 * @throws NatsServerError `port-taken` if it runs on another port than the requested fixed one,
 * `not-running` if the process runs but does not answer
 */
export async function adoptServer(request: ServerRequest): Promise<ReadyServer | undefined> {
  const { layout, options } = request
  const identity = await findRunning(request)
  if (!identity) return undefined
  const deadline = performance.now() + (options.startTimeoutMs ?? START_TIMEOUT_MS)
  // The server may still be starting, or may be about to stop.
  while (isStillRunning(identity)) {
    options.signal?.throwIfAborted()
    const address = await findAddress(request, identity.pid)
    if (address) {
      if (options.port && options.port !== address.port) {
        throw new NatsServerError(
          'port-taken',
          `Expected to use port ${options.port}, but the nats-server of ${layout.dir} still runs on port ` +
            `${address.port} (process ${identity.pid}). Stop that process first, or use port ${address.port}.`,
        )
      }
      await writeServerRecord(layout.record, { v: 1, ...address, process: identity })
      return { process: adoptProcess(identity), ...address }
    }
    if (performance.now() > deadline) {
      throw new NatsServerError(
        'not-running',
        `The nats-server of ${layout.dir} (process ${identity.pid}) runs but does not answer. ` +
          `Stop that process and start again. Its log: ${layout.log}`,
      )
    }
    await sleep(10)
  }
  return undefined
}

/** Reads the record, or the server's own ports file if the previous process died before it wrote the record. */
async function findRunning(request: ServerRequest): Promise<ProcessIdentity | undefined> {
  const recorded = (await readServerRecord(request.layout.record))?.process
  if (recorded && isSameProcess(recorded)) return recorded
  for (const pid of await pidsInPortsFolder(request.layout.ports)) {
    const identity = processIdentity(pid)
    if (identity && (await findAddress(request, pid))) return identity
  }
  return undefined
}
