import { readFile } from 'node:fs/promises'
import { InputError } from '@bailiwick/contract'
import { z } from 'zod'
import { type CassetteEntry, cassetteEntrySchema } from './cassette-file.ts'

/** @throws InputError when the file cannot be read or a line of it is no recorded response. */
export async function readCassette(file: string): Promise<CassetteEntry[]> {
  const text = await readFile(file, 'utf8').catch((error: Error) => {
    throw new InputError(`The cassette ${file} cannot be read (${error.message}).`, { cause: error })
  })
  return text
    .split('\n')
    .flatMap((line, place) => (line === '' ? [] : [readLine(line, `${file}:${place + 1}`)]))
}

function readLine(line: string, where: string): CassetteEntry {
  const parsed = cassetteEntrySchema.safeParse(parseJson(line))
  if (parsed.success) return parsed.data
  throw new InputError(`${where} is no recorded response.\n${z.prettifyError(parsed.error)}`)
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
