import { readdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'

/** The processes that wrote a ports file and did not remove it: they run, or were killed. */
export async function pidsInPortsFolder(folder: string): Promise<number[]> {
  return (await readdir(folder))
    .map((name) => Number(/_(\d+)\.ports$/.exec(name)?.[1]))
    .filter((pid) => pid > 0)
}

/** The port a server listens on; undefined until it does. It writes `<executable>_<pid>.ports` then. */
export async function portOf(folder: string, pid: number): Promise<number | undefined> {
  const name = (await readdir(folder)).find((entry) => entry.endsWith(`_${pid}.ports`))
  if (name === undefined) return undefined
  try {
    const { nats } = JSON.parse(await readFile(join(folder, name), 'utf8')) as { nats: string[] }
    return nats[0] === undefined ? undefined : Number(new URL(nats[0]).port)
  } catch (error) {
    // Read while it is being written, or removed by a server that ends.
    if (error instanceof SyntaxError || (error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}

/** Removes what killed servers left: the ports named there may be anybody's by now. */
export async function clearPortsFolder(folder: string): Promise<void> {
  for (const name of await readdir(folder)) await rm(join(folder, name), { force: true })
}
