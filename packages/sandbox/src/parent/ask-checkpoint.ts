import type { Box } from './box.ts'

/** Time in which a child writes its world down and tries the text out, ms. */
const CHECKPOINT_MS = 20_000

/** Has a box write its world down. `refused` says why there is none; the box may be gone then. */
export async function askCheckpoint(
  box: Box,
  residentMb: number,
): Promise<{ text: string } | { refused: string }> {
  const answered = Promise.withResolvers<{ text: string } | { refused: string }>()
  box.listen({
    frame: (frame) => {
      if (frame.type !== 'checkpoint') box.kill({ reason: 'crashed', message: `it sent ${frame.type}` })
      else if (frame.refused !== undefined) answered.resolve({ refused: frame.refused })
      else answered.resolve({ text: frame.text })
    },
    ended: ({ message }) => answered.resolve({ refused: `the child ended: ${message}` }),
  })
  // A second world stands beside the first for a moment.
  box.watch({ wallMs: CHECKPOINT_MS, cpuMs: CHECKPOINT_MS, residentMb: residentMb * 1.5 })
  box.send({ type: 'checkpoint' })
  const answer = await answered.promise
  box.watch(undefined)
  return answer
}
