import { readFile, stat } from 'node:fs/promises'
import { basename, extname, resolve } from 'node:path'
import { askerOn, type Bus, putArtifact } from '@bailiwick/bus'
import { formatBytes, mediaTypeOf, type TaskInput } from '@bailiwick/contract'
import { describeInput } from '@bailiwick/core/inputs'
import { UsageError } from '../command/usage-error.ts'

/** A file to give to a run. */
export interface InputFile {
  /** Name of the input, by which tasks refer to it. */
  name: string
  /** Name of the file. */
  file: string
  path: string
  bytes: Uint8Array
  mediaType: string
}

/**
 * Reads the files of `--input name=path` (or `--input path`, named after the file).
 *
 * @throws UsageError for a missing file, a folder, or two inputs with one name
 */
export async function readInputs(given: readonly string[], cwd: string): Promise<InputFile[]> {
  const inputs: InputFile[] = []
  for (const text of given) {
    const input = await readInput(text, cwd)
    const same = inputs.find(({ name }) => name === input.name)
    if (same !== undefined) {
      throw new UsageError(
        `Expected a different name for each input, found two named "${input.name}" (${same.path} and ${input.path}). Name them: --input <name>=<path>`,
      )
    }
    inputs.push(input)
  }
  return inputs
}

async function readInput(text: string, cwd: string): Promise<InputFile> {
  const named = /^([A-Za-z_][\w-]*)=(.+)$/s.exec(text)
  const path = resolve(cwd, named?.[2] ?? text)
  const name = named?.[1] ?? basename(path, extname(path)).replaceAll(/\W+/g, '_')
  return readInputFile(name, path, '--input')
}

/**
 * Reads one file for a run.
 *
 * @param option the option that named the file, for errors
 * @throws UsageError if the file is missing or is a folder
 */
export async function readInputFile(name: string, path: string, option: string): Promise<InputFile> {
  const found = await stat(path).catch(() => undefined)
  if (found === undefined) throw new UsageError(`${option}: expected a file at ${path}, found nothing.`)
  if (found.isDirectory()) throw new UsageError(`${option}: expected a file at ${path}, found a folder.`)
  const file = basename(path)
  return { name, file, path, bytes: await readFile(path), mediaType: mediaTypeOf(file) }
}

/** Stores the files as artifacts of the run and describes them for prompts. No path of this machine leaves it. */
export function uploadInputs(bus: Bus, run: string, files: readonly InputFile[]): Promise<TaskInput[]> {
  return Promise.all(
    files.map(async (input) => {
      const { name, file, mediaType, bytes } = input
      const artifact = await putArtifact(bus, {
        writer: askerOn(bus),
        key: `${run}/${name}`,
        name: file,
        mediaType,
        bytes,
      })
      return { name, artifact, description: describe(input) }
    }),
  )
}

function describe({ name, mediaType, bytes }: InputFile): string {
  const isText = /^text\/|json|xml/.test(mediaType)
  if (isText) return describeInput(name, new TextDecoder().decode(bytes))
  return `${name}: ${mediaType}, ${formatBytes(bytes.length)}`
}
