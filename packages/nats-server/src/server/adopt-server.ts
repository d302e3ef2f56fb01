import { setTimeout as delay } from 'node:timers/promises'
import { NatsServerError } from '../nats-server-error.ts'
import { isAlive, markOf, type ProcessMark } from '../store/process-mark.ts'
import { readServerRecord, writeServerRecord } from '../store/server-record.ts'
import { addressOf, type ReadyServer, START_TIMEOUT_MS, type WantedServer } from './answering-server.ts'
import { pidsInPortsFolder } from './ports-file.ts'
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
  const mark = await runningMark(wanted)
  if (!mark) return undefined
  const deadline = Date.now() + (options.startTimeoutMs ?? START_TIMEOUT_MS)
  // It may have been left in the middle of its start, or it may be about to end.
  while (await isAlive(mark)) {
    options.signal?.throwIfAborted()
    const address = await addressOf(wanted, mark.pid)
    if (address) {
      if (options.port && options.port !== address.port) throw onAnotherPort(wanted, mark.pid, address.port)
      await writeServerRecord(layout.record, { v: 1, ...address, process: mark })
      return { process: adoptProcess(mark), ...address }
    }
    if (Date.now() > deadline) {
      throw new NatsServerError(
        'not-running',
        `The nats-server of ${layout.dir} (process ${mark.pid}) lives but does not answer. ` +
          `End that process and start again; its log: ${layout.log}`,
      )
    }
    await delay(10)
  }
  return undefined
}

/** From the record; or, where its writer was killed before writing it, from the server's own ports file. */
async function runningMark(wanted: WantedServer): Promise<ProcessMark | undefined> {
  const recorded = (await readServerRecord(wanted.layout.record))?.process
  if (recorded && (await isAlive(recorded))) return recorded
  for (const pid of await pidsInPortsFolder(wanted.layout.ports)) {
    const mark = await markOf(pid)
    if (mark && (await addressOf(wanted, pid))) return mark
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
