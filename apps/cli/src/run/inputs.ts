import { constants, type Stats } from 'node:fs'
import { type FileHandle, open, stat } from 'node:fs/promises'
import { basename, extname, resolve } from 'node:path'
import { type Bus, MAX_FILE_BYTES, putArtifact, tooLarge } from '@bailiwick/bus'
import {
  type ArtifactRef,
  fileAdvice,
  fileNameProblem,
  mediaTypeOf,
  type TaskInput,
} from '@bailiwick/contract'
import { describeFile, MAX_END_BYTES, MAX_READ_BYTES } from '@bailiwick/core/inputs'
import { UsageError } from '../command/usage-error.ts'

/** Bytes that are read from the disk at a time. */
const READ_BYTES = 2 ** 20

/** A file to give to a run. */
export interface InputFile {
  /** Name of the input, by which tasks refer to it. */
  name: string
  /** Name of the file. */
  file: string
  path: string
  /** Bytes, when the command line was read. */
  size: number
  mediaType: string
  /** The option that named the file, for errors. */
  option: string
}

/**
 * Finds the files of `--input name=path` (or `--input path`, named after the file).
 *
 * @throws UsageError for a missing file, anything but a regular file, a file that is too large, or two inputs with one
 * name
 */
export async function findInputs(given: readonly string[], cwd: string): Promise<InputFile[]> {
  const inputs: InputFile[] = []
  for (const text of given) {
    const input = await findInput(text, cwd)
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

async function findInput(text: string, cwd: string): Promise<InputFile> {
  const named = /^([A-Za-z_][\w-]*)=(.+)$/s.exec(text)
  const path = resolve(cwd, named?.[2] ?? text)
  const name = named?.[1] ?? basename(path, extname(path)).replaceAll(/\W+/g, '_')
  return findInputFile(name, path, '--input')
}

/**
 * Finds one file for a run. Reads nothing of it yet.
 *
 * @param option the option that named the file, for errors
 * @throws UsageError if the file is missing, too large, or not a regular file
 */
export async function findInputFile(name: string, path: string, option: string): Promise<InputFile> {
  const found = await stat(path).catch(() => undefined)
  if (found === undefined) throw new UsageError(`${option}: expected a file at ${path}, found nothing.`)
  requireRegular(found, path, option)
  if (found.size > MAX_FILE_BYTES) throw new UsageError(`${option}: ${tooLarge(found.size, path).message}`)
  const file = basename(path)
  const problem = fileNameProblem(file)
  if (problem !== undefined) throw new UsageError(`${option}: ${problem} Rename ${path}.`)
  return { name, file, path, size: found.size, mediaType: mediaTypeOf(file), option }
}

/** Refuses what could block for ever or never end. @throws UsageError */
function requireRegular(found: Stats, path: string, option: string): void {
  if (found.isFile()) return
  const kind = found.isDirectory()
    ? 'a folder'
    : found.isFIFO()
      ? 'a pipe'
      : found.isSocket()
        ? 'a socket'
        : 'a device'
  throw new UsageError(`${option}: expected a file at ${path}, found ${kind}.`)
}

/** An input of a run whose file is stored. */
export type UploadedInput = TaskInput & { artifact: ArtifactRef }

/** Options of {@link uploadInputs}. */
export interface UploadOptions {
  signal: AbortSignal
  /** Called with the number of bytes of all files that are stored. */
  onProgress(bytes: number): void
  /** Files that are stored already, from an earlier attempt. New ones are added. */
  stored: Map<InputFile, UploadedInput>
}

/**
 * Stores the files as artifacts of the run, one after the other, and describes them for prompts. No path of this machine
 * leaves it.
 *
 * @throws the signal's reason when aborted. `stored` then has the complete files; of the others nothing is stored
 */
export async function uploadInputs(
  bus: Bus,
  run: string,
  files: readonly InputFile[],
  { signal, onProgress, stored }: UploadOptions,
): Promise<TaskInput[]> {
  const inputs: TaskInput[] = []
  let before = 0
  for (const input of files) {
    const known = stored.get(input)
    const kept = known ?? (await upload(input))
    stored.set(input, kept)
    before += kept.artifact.size
    inputs.push(kept)
  }
  return inputs

  async function upload(input: InputFile): Promise<UploadedInput> {
    const { name, file, mediaType } = input
    await using handle = await openRegular(input)
    const description = await describe(input, handle)
    const stream = handle.createReadStream({ start: 0, autoClose: false, highWaterMark: READ_BYTES, signal })
    const artifact = await putArtifact(
      bus,
      { run, name: file, mediaType, stream },
      { signal, onProgress: (bytes) => onProgress(before + bytes) },
    )
    return { name, artifact, description }
  }
}

/** Opens a file, which may be another one than at the start. Does not wait for the writer of a pipe. */
async function openRegular({ path, option }: InputFile): Promise<FileHandle> {
  const handle = await open(path, constants.O_RDONLY | constants.O_NONBLOCK)
  try {
    requireRegular(await handle.stat(), path, option)
    return handle
  } catch (error) {
    await handle.close()
    throw error
  }
}

/** What to know about a file that is too large for a tool; undefined if there is nothing. */
export function adviceOf({ file, mediaType, size }: InputFile): string | undefined {
  return fileAdvice({ name: file, mediaType, size })
}

/** Describes a file for prompts, by its beginning and its end. */
async function describe({ name, file, mediaType }: InputFile, handle: FileHandle): Promise<string> {
  const { size } = await handle.stat()
  const read = async (position: number, length: number) => {
    const { buffer, bytesRead } = await handle.read({ buffer: Buffer.alloc(length), position })
    return buffer.subarray(0, bytesRead)
  }
  const beginning = await read(0, Math.min(size, MAX_READ_BYTES))
  const end = size > MAX_READ_BYTES ? { end: await read(size - MAX_END_BYTES, MAX_END_BYTES) } : {}
  return describeFile(name, { file, mediaType, size, beginning, ...end })
}
