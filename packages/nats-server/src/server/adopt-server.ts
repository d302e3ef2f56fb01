import { readdir } from 'node:fs/promises'
import { setTimeout as delay } from 'node:timers/promises'
import { NatsServerError } from '../nats-server-error.ts'
import { isAlive, markOf, type ProcessMark } from '../store/process-mark.ts'
import { readServerRecord, writeServerRecord } from '../store/server-record.ts'
import { readGreeting } from './greeting.ts'
import { portFromFile, type ReadyServer, type WantedServer } from './launch-server.ts'
import { serverName } from './server-config.ts'
import { adoptProcess } from './server-process.ts'

/**
 * Takes charge of the server that still runs on the data directory.
 *
 * @returns undefined where none runs
 * @throws NatsServerError `port-taken` where it runs on another port than the fixed one that is wanted,
 * `not-running` where the process lives but does not answer
 */
export async function adoptServer(wanted: WantedServer): Promise<ReadyServer | undefined> {
  const { layout, identity, host, options } = wanted
  const mark = await runningMark(wanted)
  if (!mark) return undefined
  const deadline = Date.now() + (options.startTimeoutMs ?? 60_000)
  // It may have been left in the middle of its start.
  while (await isAlive(mark)) {
    options.signal?.throwIfAborted()
    const port = await portFromFile(layout.ports, mark.pid)
    const greeting = port === undefined ? undefined : await readGreeting(host, port)
    if (port !== undefined && greeting?.server_name === serverName(identity)) {
      if (options.port !== undefined && options.port !== 0 && options.port !== port) {
        throw new NatsServerError(
          'port-taken',
          `Port ${options.port} was wanted, but the nats-server of ${layout.dir} still runs on port ${port} ` +
            `(process ${mark.pid}). End that process first, or ask for port ${port}.`,
        )
      }
      await writeServerRecord(layout.record, { v: 1, port, version: greeting.version, process: mark })
      return { process: adoptProcess(mark), port, version: greeting.version }
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
async function runningMark({ layout, identity, host }: WantedServer): Promise<ProcessMark | undefined> {
  const recorded = (await readServerRecord(layout.record))?.process
  if (recorded && (await isAlive(recorded))) return recorded
  for (const name of await readdir(layout.ports)) {
    const pid = Number(/_(\d+)\.ports$/.exec(name)?.[1])
    const mark = pid > 0 ? await markOf(pid) : undefined
    const port = mark && (await portFromFile(layout.ports, pid))
    // The id alone may be anybody's by now; the greeting proves whose it is.
    if (mark && port && (await readGreeting(host, port))?.server_name === serverName(identity)) return mark
  }
  return undefined
}
