import { extname } from 'node:path'
import {
  isReservedName,
  MAX_FILE_BYTES,
  type PutOptions,
  putArtifact,
  type RunRequestInput,
  tooLarge,
} from '@bailiwick/bus'
import { type ArtifactRef, mediaTypeOf } from '@bailiwick/contract'
import type { Client } from './connect.ts'

/** The content of a file: text, bytes, or either with its media type. */
export type FileContent = string | Uint8Array | { content: string | Uint8Array; mediaType: string }

type Input = NonNullable<RunRequestInput<'submit'>['inputs']>[number]

/** An input whose file is stored. */
export type UploadedInput = Input & { artifact: ArtifactRef }

/**
 * Stores files with a run, one after the other. Adds them to `uploaded`, as inputs with names that code can use:
 * `Seattle-weather.csv` is `Seattle_weather`. If one fails, `uploaded` has those before it.
 *
 * @throws InputError if a file is too large, before any is stored
 */
export async function uploadFiles(
  client: Client,
  run: string,
  files: Record<string, FileContent>,
  { uploaded, ...options }: PutOptions & { uploaded: UploadedInput[] },
): Promise<void> {
  const names = inputNames(Object.keys(files))
  const contents = Object.entries(files).map(([file, given]) => contentOf(file, given))
  for (const { file, bytes } of contents)
    if (bytes.length > MAX_FILE_BYTES) throw tooLarge(bytes.length, file)
  if (contents.length === 0) return
  // Loads the module only if there are files, because most clients only watch runs.
  const { describeInput } = await import('@bailiwick/core/inputs')
  for (const { file, mediaType, bytes } of contents) {
    const artifact = await putArtifact(client, { run, name: file, mediaType, bytes }, options)
    const name = names.get(file) ?? file
    uploaded.push({ name, artifact, description: describeInput(name, { file, bytes, mediaType }) })
  }
}

function contentOf(file: string, given: FileContent) {
  const { content, mediaType } =
    typeof given === 'object' && 'content' in given ? given : withMediaType(file, given)
  return { file, mediaType, bytes: typeof content === 'string' ? Buffer.from(content) : content }
}

function withMediaType(file: string, content: string | Uint8Array) {
  const otherwise = typeof content === 'string' ? 'text/plain' : undefined
  return { content, mediaType: mediaTypeOf(file, otherwise) }
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
