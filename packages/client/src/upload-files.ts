import { extname } from 'node:path'
import { isReservedName, type PutOptions, putArtifact, type RunRequestInput } from '@bailiwick/bus'
import { type ArtifactRef, mediaTypeOf } from '@bailiwick/contract'
import type { Client } from './connect.ts'

/** Characters of a text file that the prompt shows. */
const MAX_SHOWN = 600
/** Bytes to check for a null byte, which texts do not have. */
const CHECKED_BYTES = 8_192

/** The content of a file: text, bytes, or either with its media type. */
export type FileContent = string | Uint8Array | { content: string | Uint8Array; mediaType: string }

type Input = NonNullable<RunRequestInput<'submit'>['inputs']>[number]

/** An input whose file is stored. */
export type UploadedInput = Input & { artifact: ArtifactRef }

/**
 * Stores files with a run, one after the other. Adds them to `uploaded`, as inputs with names that code can use:
 * `Seattle-weather.csv` is `Seattle_weather`. If one fails, `uploaded` has those before it.
 */
export async function uploadFiles(
  client: Client,
  run: string,
  files: Record<string, FileContent>,
  { uploaded, ...options }: PutOptions & { uploaded: UploadedInput[] },
): Promise<void> {
  const names = inputNames(Object.keys(files))
  for (const [file, given] of Object.entries(files)) {
    const { content, mediaType } =
      typeof given === 'object' && 'content' in given ? given : withMediaType(file, given)
    const bytes = typeof content === 'string' ? Buffer.from(content) : content
    const artifact = await putArtifact(client, { run, name: file, mediaType, bytes }, options)
    const name = names.get(file) ?? file
    uploaded.push({ name, artifact, description: describeFile(name, file, mediaType, bytes) })
  }
}

function withMediaType(file: string, content: string | Uint8Array) {
  const otherwise = typeof content === 'string' ? 'text/plain' : undefined
  return { content, mediaType: mediaTypeOf(file, otherwise) }
}

/** Describes a file for the prompt: type, size, and the beginning of a text. */
function describeFile(name: string, file: string, mediaType: string, bytes: Uint8Array): string {
  const about = `${name}: ${file}, ${mediaType}, ${bytes.length} bytes`
  if (bytes.subarray(0, CHECKED_BYTES).includes(0)) return about
  const text = new TextDecoder().decode(bytes.subarray(0, MAX_SHOWN * 4)).slice(0, MAX_SHOWN)
  return `${about}; ${text.length < bytes.length ? 'begins' : 'reads'}: ${JSON.stringify(text)}`
}

/** Makes a unique name for each file that code can use as a variable. */
function inputNames(files: string[]): Map<string, string> {
  const taken = new Set<string>()
  const names = new Map<string, string>()
  for (const file of files) {
    const word = file.slice(0, file.length - extname(file).length).replaceAll(/\W+/g, '_')
    const identifier = /^[A-Za-z_]/.test(word) ? word : `_${word}`
    const plain = isReservedName(identifier) ? `${identifier}_file` : identifier
    let name = plain
    for (let count = 2; taken.has(name); count++) name = `${plain}_${count}`
    taken.add(name)
    names.set(file, name)
  }
  return names
}
