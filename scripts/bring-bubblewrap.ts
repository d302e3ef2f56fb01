import { ensureBubblewrap } from '../packages/sandbox/src/index.ts'

/**
 * Before any test: the sandbox is tested inside bubblewrap wherever that can be had. Where it cannot, the
 * tests run with the isolation that there is, and this says that the confined rows were not run.
 */
export async function setup(): Promise<void> {
  if (process.platform !== 'linux') return
  try {
    // Tests start processes with an empty HOME: they are told where it is.
    process.env.BWRAP_BIN = await ensureBubblewrap({ onProgress: console.error })
  } catch (error) {
    console.error(`Without bubblewrap the confined rows are NOT run: ${(error as Error).message}`)
  }
}
