import { readFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { mediaTypeOf } from '@bailiwick/contract'
import { type Case, isFileInput } from '../dataset/case.ts'
import type { Question, QuestionFile } from './target.ts'

/** Reads a case's input files, and leaves out everything that could give the answer away. */
export async function loadQuestion(
  { task, inputs = {}, output, tools = [] }: Case,
  folder: string,
): Promise<Question> {
  const values: Record<string, unknown> = {}
  const files: Record<string, QuestionFile> = {}
  for (const [name, input] of Object.entries(inputs)) {
    if (isFileInput(input)) {
      const mediaType = input.mediaType ?? mediaTypeOf(input.file, 'text/plain')
      files[name] = { file: basename(input.file), mediaType, bytes: await readFile(join(folder, input.file)) }
    } else if (typeof input !== 'object' || input === null || Array.isArray(input)) values[name] = input
    else if ('value' in input) values[name] = input.value
    else files[name] = { file: name, mediaType: input.mediaType, bytes: Buffer.from(input.text) }
  }
  return { task, values, files, tools, ...(output !== undefined && { output }) }
}
