import { setTimeout as delay } from 'node:timers/promises'
import { NatsServerError } from '../nats-server-error.ts'
import { isSameProcess, isStillRunning, type ProcessIdentity, processIdentity } from '../process-identity.ts'
import { readServerRecord, writeServerRecord } from '../store/server-record.ts'
import { pidsInPortsFolder } from './ports-file.ts'
import { addressOf, type ReadyServer, START_TIMEOUT_MS, type WantedServer } from './server-address.ts'
import { adoptProcess } from './server-process.ts'

/**
 * Takes charge of the server that still runs on the data directory.
 *
 * @returns undefined where none runs
 * @throws NatsServerError `port-taken` where it runs on another port than the fixed one that is wanted,
 * `not-running` where the process lives but does not answer
 */
export async function adoptServer(wanted: WantedServer): Promise<ReadyServer | undefined> {
  const { layout, options } = wanted
  const identity = await findRunning(wanted)
  if (!identity) return undefined
  const deadline = Date.now() + (options.startTimeoutMs ?? START_TIMEOUT_MS)
  // It may have been left in the middle of its start, or it may be about to end.
  while (isStillRunning(identity)) {
    options.signal?.throwIfAborted()
    const address = await addressOf(wanted, identity.pid)
    if (address) {
      if (options.port && options.port !== address.port)
        throw onAnotherPort(wanted, identity.pid, address.port)
      await writeServerRecord(layout.record, { v: 1, ...address, process: identity })
      return { process: adoptProcess(identity), ...address }
    }
    if (Date.now() > deadline) {
      throw new NatsServerError(
        'not-running',
        `The nats-server of ${layout.dir} (process ${identity.pid}) lives but does not answer. ` +
          `End that process and start again; its log: ${layout.log}`,
      )
    }
    await delay(10)
  }
  return undefined
}

/** From the record; or, where its writer was killed before writing it, from the server's own ports file. */
async function findRunning(wanted: WantedServer): Promise<ProcessIdentity | undefined> {
  const recorded = (await readServerRecord(wanted.layout.record))?.process
  if (recorded && isSameProcess(recorded)) return recorded
  for (const pid of await pidsInPortsFolder(wanted.layout.ports)) {
    const identity = processIdentity(pid)
    if (identity && (await addressOf(wanted, pid))) return identity
  }
  return undefined
}

function onAnotherPort({ options, layout }: WantedServer, pid: number, port: number): NatsServerError {
  return new NatsServerError(
    'port-taken',
    `Port ${options.port} was wanted, but the nats-server of ${layout.dir} still runs on port ${port} ` +
      `(process ${pid}). End that process first, or ask for port ${port}.`,
  )
}
