import { readFile } from 'node:fs/promises'
import { errorText, InputError, parseJson } from '@bailiwick/contract'
import { z } from 'zod'

/** A piece of a body as it arrived: text, or base64 if the piece splits a character. */
const frameSchema = z.object({
  /** Milliseconds after the request was sent. */
  ms: z.number().nonnegative(),
  text: z.string().optional(),
  base64: z.string().optional(),
})

/** One request to a model server and its response: a line of a cassette. */
const cassetteEntrySchema = z.object({
  v: z.literal(1),
  lane: z.object({ agent: z.string(), task: z.string(), step: z.number() }),
  /** Path of the request, without the server's address. */
  path: z.string(),
  /** The request's normalised body. */
  request: z.unknown(),
  status: z.number().int(),
  headers: z.record(z.string(), z.string()),
  frames: z.array(frameSchema),
  /** True if the server closed the connection before the body's end. */
  cut: z.boolean(),
})
export type CassetteEntry = z.infer<typeof cassetteEntrySchema>
export type CassetteFrame = z.infer<typeof frameSchema>

/** Reads a cassette. @throws InputError if the file cannot be read or a line is not a recorded response. */
export async function readCassette(file: string): Promise<CassetteEntry[]> {
  const text = await readFile(file, 'utf8').catch((cause: unknown) => {
    throw new InputError(
      `Cannot read the cassette ${file} (${errorText(cause)}). Check BAILIWICK_MODEL_REPLAY.`,
      { cause },
    )
  })
  return text
    .split('\n')
    .flatMap((line, place) => (line === '' ? [] : [readEntry(line, `${file}:${place + 1}`)]))
}

function readEntry(line: string, where: string): CassetteEntry {
  const parsed = cassetteEntrySchema.safeParse(parseJson(line))
  if (parsed.success) return parsed.data
  throw new InputError(
    `Expected a recorded response at ${where}, found something else. Record the cassette again.\n${z.prettifyError(parsed.error)}`,
  )
}

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** Makes a frame of bytes, as text where possible so that people can review a cassette. `redact` removes secrets. */
export function toFrame(bytes: Uint8Array, ms: number, redact: (text: string) => string): CassetteFrame {
  try {
    return { ms, text: redact(decoder.decode(bytes)) }
  } catch {
    return { ms, base64: Buffer.from(bytes).toString('base64') }
  }
}

export function bytesOf(frame: CassetteFrame): Uint8Array {
  return frame.text === undefined ? Buffer.from(frame.base64 ?? '', 'base64') : Buffer.from(frame.text)
}
