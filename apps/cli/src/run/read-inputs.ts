import { readFile, stat } from 'node:fs/promises'
import { basename, extname, resolve } from 'node:path'
import { mediaTypeOf } from '@bailiwick/contract'
import { UsageError } from '../command/usage-error.ts'

/** A file to hand to a run. */
export interface InputFile {
  /** How tasks refer to it. */
  name: string
  /** The file's own name. */
  file: string
  path: string
  bytes: Uint8Array
  mediaType: string
}

/**
 * Reads the files of `--input name=path` (or `--input path`, named after the file).
 *
 * @throws UsageError for a missing file, a folder, or two inputs of one name
 */
export async function readInputs(given: readonly string[], cwd: string): Promise<InputFile[]> {
  const inputs: InputFile[] = []
  for (const text of given) {
    const input = await readInput(text, cwd)
    const same = inputs.find(({ name }) => name === input.name)
    if (same !== undefined) {
      throw new UsageError(
        `two inputs are called "${input.name}" (${same.path} and ${input.path}): name them, --input <name>=<path>`,
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
  return readFileAs(name, path, `--input ${text}`)
}

/**
 * Reads one file for a run.
 *
 * @param given how the command line named it, for the error
 * @throws UsageError where there is none, or it is a folder
 */
export async function readFileAs(name: string, path: string, given: string): Promise<InputFile> {
  const found = await stat(path).catch(() => undefined)
  if (found === undefined) throw new UsageError(`no input file at ${path} (given as ${given})`)
  if (found.isDirectory()) {
    throw new UsageError(`${path} is a directory (given as ${given}); an input is one file`)
  }
  const file = basename(path)
  return { name, file, path, bytes: await readFile(path), mediaType: mediaTypeOf(file) }
}

/** True for what can be shown to a model as text. */
export function isText({ mediaType }: Pick<InputFile, 'mediaType'>): boolean {
  return /^text\/|json|xml/.test(mediaType)
}
