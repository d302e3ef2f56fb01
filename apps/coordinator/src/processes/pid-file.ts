import { readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
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
/** A child as it is remembered across daemons. */
export type PidFile = z.infer<typeof pidFileSchema>

export function writePidFile(dataDir: string, file: Omit<PidFile, 'v'>): void {
  writePrivate(dataPaths.process(dataDir, file.name), JSON.stringify({ v: 1, ...file }))
}

export function removePidFile(dataDir: string, name: string): void {
  rmSync(dataPaths.process(dataDir, name), { force: true })
}

/** Children of earlier daemons: those that live still, and those that died unseen, whose files are removed. */
export function recallChildren(dataDir: string): { living: PidFile[]; dead: PidFile[] } {
  const folder = dataPaths.processes(dataDir)
  const [living, dead]: [PidFile[], PidFile[]] = [[], []]
  for (const entry of readdirSync(folder)) {
    const file = join(folder, entry)
    const child = readPidFile(file)
    const lives = child !== undefined && isSameProcess(child)
    if (child !== undefined) (lives ? living : dead).push(child)
    if (!lives) rmSync(file, { force: true })
  }
  return { living, dead }
}

function readPidFile(file: string): PidFile | undefined {
  try {
    return pidFileSchema.parse(JSON.parse(readFileSync(file, 'utf8')))
  } catch {
    return undefined // Cut by a crash: then the child was never told to begin. Or of another version.
  }
}
