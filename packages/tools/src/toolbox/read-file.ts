import { InputError, type Tool } from '@bailiwick/contract'
import { defineTool } from '@bailiwick/core'
import { z } from 'zod'
import { decodeText, isText } from '../table/decode-text.ts'
import { FILE_LIMITS } from './file-limits.ts'
import type { RunFiles } from './run-files.ts'

/** `readFile`: the text of a file, whole or a stretch of it. */
export function readFile(files: RunFiles): Tool {
  return defineTool({
    name: 'readFile',
    description: 'The text of a file of this task. Without from and length: the whole file.',
    input: z.object({
      name: z.string().describe('as listFiles gives it'),
      from: z.int().nonnegative().optional().describe('the first character, counted from 0'),
      length: z.int().positive().optional().describe('how many characters'),
    }),
    output: z.string(),
    effect: 'none',
    async run({ name, from = 0, length }, context) {
      const file = await files.find(context, name)
      const bytes = await files.read(file, context.signal)
      if (!isText(bytes)) throw new InputError(`${name} is ${file.ref.mediaType}, not text`)
      const text = decodeText(bytes)
      const end = length === undefined ? text.length : from + length
      // A silent cut would make wrong figures: whoever wants a part asks for it.
      if (Math.min(end, text.length) - from > FILE_LIMITS.characters) {
        throw new InputError(
          `${name} has ${text.length} characters, more than ${FILE_LIMITS.characters}: give from and length, or use queryTable`,
        )
      }
      return text.slice(from, end)
    },
  })
}
