import { createHash } from 'node:crypto'
import { extname } from 'node:path'
import { askerOn, isReservedName, putArtifact, type RunRequestInput } from '@bailiwick/bus'
import { mediaTypeOf } from '@bailiwick/contract'
import type { Client } from './connect.ts'
import { describeFile } from './describe-file.ts'

/** The content of a file: text, bytes, or either with its media type. */
export type FileContent = string | Uint8Array | { content: string | Uint8Array; mediaType: string }

type Input = NonNullable<RunRequestInput<'submit'>['inputs']>[number]

/** Keeps files with a run. They become its inputs, called after the file: `Seattle-weather.csv` is `Seattle_weather`. */
export function uploadFiles(
  client: Client,
  run: string,
  files: Record<string, FileContent>,
  signal?: AbortSignal,
): Promise<Input[]> {
  const names = inputNames(Object.keys(files))
  return Promise.all(
    Object.entries(files).map(async ([file, given]) => {
      const { content, mediaType } =
        typeof given === 'object' && 'content' in given ? given : typed(file, given)
      const bytes = typeof content === 'string' ? Buffer.from(content) : content
      // The digest is in the key: the same file sent again changes nothing, and another one replaces none.
      const digest = createHash('sha256').update(bytes).digest('hex').slice(0, 16)
      const key = `${run}/${digest}/${file}`
      const artifact = await putArtifact(
        client,
        { writer: askerOn(client), key, name: file, mediaType, bytes },
        signal,
      )
      const name = names.get(file) ?? file
      return { name, artifact, description: describeFile(name, file, mediaType, bytes) }
    }),
  )
}

function typed(file: string, content: string | Uint8Array) {
  const otherwise = typeof content === 'string' ? 'text/plain' : undefined
  return { content, mediaType: mediaTypeOf(file, otherwise) }
}

/** Names that code can use as variables, each only once. */
function inputNames(files: string[]): Map<string, string> {
  const taken = new Set<string>()
  const names = new Map<string, string>()
  for (const file of files) {
    const word = file.slice(0, file.length - extname(file).length).replaceAll(/\W+/g, '_')
    const named = /^[A-Za-z_]/.test(word) ? word : `_${word}`
    const plain = isReservedName(named) ? `${named}_file` : named
    let name = plain
    for (let count = 2; taken.has(name); count++) name = `${plain}_${count}`
    taken.add(name)
    names.set(file, name)
  }
  return names
}
