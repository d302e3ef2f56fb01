import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { killSurvivors } from './survivors.ts'

/** A temporary folder. Disposing it kills the processes that it still has, and removes it. */
export interface Scratch extends AsyncDisposable {
  readonly folder: string
  /** Writes a file into it and returns its path. */
  write(name: string, content: string | object): Promise<string>
}

/** Makes a temporary folder for one test. */
export async function scratch(): Promise<Scratch> {
  const folder = await mkdtemp(join(tmpdir(), 'bailiwick-test-'))
  return {
    folder,
    async write(name, content) {
      const file = join(folder, name)
      await writeFile(file, typeof content === 'string' ? content : JSON.stringify(content))
      return file
    },
    async [Symbol.asyncDispose]() {
      if (process.platform === 'linux') await killSurvivors(folder)
      await rm(folder, { recursive: true, force: true, maxRetries: 5 })
    },
  }
}
