import { SandboxError } from '@bailiwick/contract/world'
import type { OpenWorld } from '../child/open-world.ts'
import type { ToChild } from '../frames/frame.ts'
import type { Box } from './box.ts'
import { BoxDied } from './box-died.ts'

/** Time for a child to come up and take its world, ms. */
const OPEN_MS = 20_000

export interface Opening {
  world: OpenWorld
  residentMb: number
  memoryMb: number
  /** The world as it was when this was written. */
  checkpoint?: string
}

/** Has a fresh box take its world. Gives the hash of one that was restored. @throws BoxDied, SandboxError */
export async function openBox(box: Box, { residentMb, ...opening }: Opening): Promise<string | undefined> {
  const opened = Promise.withResolvers<string | undefined>()
  box.listen({
    frame: (frame) => {
      if (frame.type === 'opened') opened.resolve(frame.hash)
      else if (frame.type !== 'ready')
        opened.reject(new SandboxError(`the sandbox's child sent ${frame.type} before it was open`))
    },
    ended: (end) => opened.reject(new BoxDied(`a world could not be opened: ${end.reason}: ${end.message}`)),
  })
  box.watch({ wallMs: OPEN_MS, cpuMs: OPEN_MS, residentMb })
  const { argumentChars, answerChars, checkpointChars } = opening.world.limits
  box.allow(Math.max(Number(argumentChars), Number(answerChars), checkpointChars))
  const frame: ToChild = { type: 'open', ...opening, memoryMb: Math.floor(opening.memoryMb) }
  box.send(frame)
  try {
    const hash = await opened.promise
    box.watch(undefined)
    return hash
  } catch (error) {
    await box.close()
    throw error
  }
}
