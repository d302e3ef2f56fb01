import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { dataPaths } from '@bailiwick/coordinator/config/data-dir'
import { isSameProcess, type ProcessIdentity } from '@bailiwick/nats-server/process-identity'

/** Ends the processes that a killed daemon left running on a data directory. @returns their names, for people */
export async function endLeftovers(dataDir: string): Promise<string[]> {
  if (!existsSync(dataPaths.processes(dataDir))) return []
  const { recallChildren, removePidFile } = await import('@bailiwick/coordinator/processes/pid-file')
  const { endProcess } = await import('@bailiwick/coordinator/processes/end-process')
  const children = recallChildren(dataDir).living
  await Promise.all(
    children.map(async (child) => {
      await endProcess(child, 2_000)
      removePidFile(dataDir, child.name)
    }),
  )
  const ended = children.map(({ name, pid }) => `${name} (process ${pid})`)
  const server = await endServer(dataDir)
  return server === undefined ? ended : [...ended, server]
}

/** Adopts the nats-server in order to stop it, so that its lock and its records stay consistent. */
async function endServer(dataDir: string): Promise<string | undefined> {
  if (!mayRun(dataDir)) return undefined
  const { startNatsServer } = await import('@bailiwick/nats-server')
  const server = await startNatsServer({ dataDir: dataPaths.nats(dataDir) })
  await server.stop()
  return server.adopted ? `nats-server (process ${server.pid})` : undefined
}

/** Tells whether the recorded server process exists. Only adopting it shows whether it is ours. */
function mayRun(dataDir: string): boolean {
  try {
    const record: { process?: ProcessIdentity } = JSON.parse(
      readFileSync(join(dataPaths.nats(dataDir), 'server.json'), 'utf8'),
    )
    return record.process !== undefined && isSameProcess(record.process)
  } catch {
    return false // Without a record, no server was ever started here.
  }
}
