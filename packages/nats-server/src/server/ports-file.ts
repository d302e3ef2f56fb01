import { readdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'

/** The processes that wrote a ports file and did not remove it: they still run, or were killed. */
export async function pidsInPortsFolder(folder: string): Promise<number[]> {
  return (await readdir(folder))
    .map((name) => Number(/_(\d+)\.ports$/.exec(name)?.[1]))
    .filter((pid) => pid > 0)
}

/** The port of a server, or undefined until it listens and writes `<executable>_<pid>.ports`. */
export async function portOf(folder: string, pid: number): Promise<number | undefined> {
  const name = (await readdir(folder)).find((entry) => entry.endsWith(`_${pid}.ports`))
  if (name === undefined) return undefined
  try {
    const { nats } = JSON.parse(await readFile(join(folder, name), 'utf8')) as { nats: string[] }
    return nats[0] === undefined ? undefined : Number(new URL(nats[0]).port)
  } catch (error) {
    // The server is writing the file, or removed it while it stopped.
    if (error instanceof SyntaxError || (error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}

/** Removes the files of killed servers: other programs may use those ports by now. */
export async function clearPortsFolder(folder: string): Promise<void> {
  for (const name of await readdir(folder)) await rm(join(folder, name), { force: true })
}
