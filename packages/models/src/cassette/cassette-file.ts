import { z } from 'zod'

/** A piece of a body as it came: text, or base64 where a character was split. */
const frameSchema = z.object({
  /** Milliseconds after the request was sent. */
  ms: z.number().nonnegative(),
  text: z.string().optional(),
  base64: z.string().optional(),
})

/** One request to a model's server and its response: a line of a cassette. */
export const cassetteEntrySchema = z.object({
  v: z.literal(1),
  lane: z.object({ agent: z.string(), task: z.string(), step: z.number() }),
  /** Path of the request, without the server's address. */
  path: z.string(),
  /** The request's body, with what differs from run to run made alike. */
  request: z.unknown(),
  status: z.number().int(),
  headers: z.record(z.string(), z.string()),
  frames: z.array(frameSchema),
  /** Whether the server closed the connection before the body's end. */
  cut: z.boolean(),
})
export type CassetteEntry = z.infer<typeof cassetteEntrySchema>
export type CassetteFrame = z.infer<typeof frameSchema>

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** Keeps text readable, so that a cassette can be reviewed; `hide` takes secrets out of it. */
export function toFrame(bytes: Uint8Array, ms: number, hide: (text: string) => string): CassetteFrame {
  try {
    return { ms, text: hide(decoder.decode(bytes)) }
  } catch {
    return { ms, base64: Buffer.from(bytes).toString('base64') }
  }
}

export function bytesOf(frame: CassetteFrame): Uint8Array {
  return frame.text === undefined ? Buffer.from(frame.base64 ?? '', 'base64') : Buffer.from(frame.text)
}
