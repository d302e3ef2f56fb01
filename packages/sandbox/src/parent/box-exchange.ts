import type { OpenWorld, ToChild } from '../frames/frame.ts'
import { type Box, BoxDied } from './box.ts'
import { idleLimits } from './step-time.ts'

/** Time for a child to start and open its world, ms. */
const OPEN_MS = 20_000
/** Time for a child to write its world as text and to test the text, ms. */
const CHECKPOINT_MS = 20_000

export interface Opening {
  world: OpenWorld
  residentMb: number
  memoryMb: number
  /** The text of a checkpoint to restore. */
  checkpoint?: string
}

/**
 * Opens a world in a fresh box.
 *
 * @returns the hash of a restored world
 * @throws BoxDied, SandboxError
 */
export async function openBox(box: Box, { residentMb, ...opening }: Opening): Promise<string | undefined> {
  const opened = Promise.withResolvers<string | undefined>()
  box.listen({
    frame: (frame) => {
      if (frame.type === 'opened') opened.resolve(frame.hash)
      else
        box.kill({
          reason: 'crashed',
          message: `expected its world to be opened, found a ${frame.type} frame`,
        })
    },
    ended: (end) =>
      opened.reject(new BoxDied(`The world could not be opened: ${end.reason}: ${end.message}`)),
  })
  box.watch({ wallMs: OPEN_MS, cpuMs: OPEN_MS, residentMb, fresh: true })
  const { argumentChars, answerChars, checkpointChars } = opening.world.limits
  box.allow(Math.max(Number(argumentChars), Number(answerChars), checkpointChars))
  const frame: ToChild = { type: 'open', ...opening, memoryMb: Math.floor(opening.memoryMb) }
  box.send(frame)
  try {
    const hash = await opened.promise
    return hash
  } catch (error) {
    await box.close()
    throw error
  } finally {
    box.listen(undefined)
    box.watch(idleLimits(residentMb))
  }
}

/** Asks a box for its world as text. `refused` gives the reason if there is no text. The box may have ended then. */
export async function askCheckpoint(
  box: Box,
  residentMb: number,
): Promise<{ text: string } | { refused: string }> {
  const answered = Promise.withResolvers<{ text: string } | { refused: string }>()
  box.listen({
    frame: (frame) => {
      if (frame.type !== 'checkpoint')
        box.kill({ reason: 'crashed', message: `it sent a ${frame.type} frame` })
      else if (frame.refused !== undefined) answered.resolve({ refused: frame.refused })
      else answered.resolve({ text: frame.text })
    },
    ended: ({ message }) => answered.resolve({ refused: `the child ended: ${message}` }),
  })
  // The test holds a second world beside the first.
  box.watch({ wallMs: CHECKPOINT_MS, cpuMs: CHECKPOINT_MS, residentMb: residentMb * 1.5, fresh: true })
  box.send({ type: 'checkpoint' })
  const answer = await answered.promise
  box.listen(undefined)
  box.watch(idleLimits(residentMb))
  return answer
}
