import { readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { parseJson } from '@bailiwick/contract'
import { isSameProcess } from '@bailiwick/nats-server/process-identity'
import { z } from 'zod'
import { dataPaths, writePrivate } from '../config/data-dir.ts'

const pidFileSchema = z.object({
  v: z.literal(1),
  name: z.string(),
  pid: z.number().int().positive(),
  startTime: z.string(),
  signature: z.string(),
  startedAt: z.number(),
})
/** The record of a child, from which the next daemon adopts it. */
export type PidFile = z.infer<typeof pidFileSchema>

export function writePidFile(dataDir: string, file: Omit<PidFile, 'v'>): void {
  writePrivate(dataPaths.process(dataDir, file.name), JSON.stringify({ v: 1, ...file }))
}

export function removePidFile(dataDir: string, name: string): void {
  rmSync(dataPaths.process(dataDir, name), { force: true })
}

/** The children of earlier daemons. Removes the records of those that died while no daemon ran. */
export function recallChildren(dataDir: string): { living: PidFile[]; dead: PidFile[] } {
  const folder = dataPaths.processes(dataDir)
  const [living, dead]: [PidFile[], PidFile[]] = [[], []]
  for (const entry of readdirSync(folder)) {
    const file = join(folder, entry)
    // A crash may have cut the file; then its child never started.
    const child = pidFileSchema.safeParse(parseJson(readFileSync(file, 'utf8'))).data
    const isAlive = child !== undefined && isSameProcess(child)
    if (child !== undefined) (isAlive ? living : dead).push(child)
    if (!isAlive) rmSync(file, { force: true })
  }
  return { living, dead }
}
