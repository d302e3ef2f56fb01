import { readFileSync, rmSync } from 'node:fs'
import { parseJson } from '@bailiwick/contract'
import { isSameProcess } from '@bailiwick/nats-server/process-identity'
import { z } from 'zod'
import { dataPaths, writePrivate } from './data-dir.ts'

const addressSchema = z.object({
  v: z.literal(1),
  pid: z.number().int().positive(),
  startTime: z.string(),
  url: z.string(),
  /** Path of the `.creds` file for users of this machine; absent if the server requires none. */
  credentials: z.string().optional(),
  /** Environment variables that name the files of the server's TLS. */
  tls: z.record(z.string(), z.string()).default({}),
  /** Path of the daemon's private socket; absent if the daemon runs on another machine. */
  local: z.string().optional(),
  /** True if the daemon ends with the command that started it. */
  ephemeral: z.boolean(),
  startedAt: z.number(),
  version: z.string(),
  config: z.string().optional(),
})
/** How to reach a daemon. The daemon writes it into its data directory. */
export type DaemonAddress = z.infer<typeof addressSchema>

/** Finds the daemon that runs on a data directory. */
export function findDaemon(dataDir: string): DaemonAddress | undefined {
  const file = dataPaths.address(dataDir)
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined
    // ENOTDIR: the data directory is below a file. Starting a daemon reports that.
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined
    throw error
  }
  const address = addressSchema.safeParse(parseJson(text))
  return address.success && isSameProcess(address.data) ? address.data : undefined
}

/** Publishes a daemon's address in its data directory. */
export function writeAddress(dataDir: string, address: DaemonAddress): void {
  writePrivate(dataPaths.address(dataDir), `${JSON.stringify(address, undefined, 2)}\n`)
}

/** Removes the address of a daemon that ends. */
export function removeAddress(dataDir: string): void {
  rmSync(dataPaths.address(dataDir), { force: true })
}
