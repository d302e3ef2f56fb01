import { readFileSync, rmSync } from 'node:fs'
import { isSameProcess } from '@bailiwick/nats-server/process-identity'
import { z } from 'zod'
import { dataPaths, writePrivate } from './data-dir.ts'

const addressSchema = z.object({
  v: z.literal(1),
  pid: z.number().int().positive(),
  startTime: z.string(),
  url: z.string(),
  /** Path of the `.creds` file for users of this machine; absent where the server asks for none. */
  credentials: z.string().optional(),
  /** Variables that name the files of the server's TLS. */
  tls: z.record(z.string(), z.string()).default({}),
  /** Its private socket; absent where the daemon is on another machine. */
  local: z.string().optional(),
  /** It lives for the length of one command. */
  ephemeral: z.boolean(),
  startedAt: z.number(),
  version: z.string(),
  config: z.string().optional(),
})
/** How a daemon is reached, as it writes it into its data directory. */
export type DaemonAddress = z.infer<typeof addressSchema>

/** The address of the daemon that lives on this data directory, or undefined where none does. */
export function findDaemon(dataDir: string): DaemonAddress | undefined {
  const file = dataPaths.address(dataDir)
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined
    // Below a file there is none either; whoever starts one is told what is wrong with the folder.
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined
    throw error
  }
  const address = addressSchema.safeParse(parseJson(text))
  return address.success && isSameProcess(address.data) ? address.data : undefined
}

export function writeAddress(dataDir: string, address: DaemonAddress): void {
  writePrivate(dataPaths.address(dataDir), `${JSON.stringify(address, undefined, 2)}\n`)
}

export function removeAddress(dataDir: string): void {
  rmSync(dataPaths.address(dataDir), { force: true })
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined // A file of another version or cut by a crash is no address.
  }
}
