import { InputError, type Tool } from '@bailiwick/contract'
import { defineTool } from '@bailiwick/core'
import { decodeText, isText } from '@bailiwick/core/inputs'
import { z } from 'zod'
import { FILE_LIMITS, type RunFiles } from './run-files.ts'

/** `readFile`: the text of a file, or a part of it. */
export function readFile(files: RunFiles): Tool {
  return defineTool({
    name: 'readFile',
    description:
      'Returns the text of a file of this task: the whole file, or the part given by from and length.',
    input: z.object({
      name: z.string().describe('as listFiles returns it'),
      from: z.int().nonnegative().optional().describe('the first character, counted from 0'),
      length: z.int().positive().optional().describe('the number of characters'),
    }),
    output: z.string(),
    effect: 'none',
    async run({ name, from = 0, length }, context) {
      const file = await files.find(context, name)
      const bytes = await files.read(file, context.signal)
      if (!isText(bytes))
        throw new InputError(`expected a text file, found ${name}, which is ${file.ref.mediaType}`)
      const text = decodeText(bytes)
      const end = length === undefined ? text.length : from + length
      // A silent cut would lead to wrong figures, so the caller must ask for a part.
      if (Math.min(end, text.length) - from > FILE_LIMITS.characters) {
        throw new InputError(
          `expected at most ${FILE_LIMITS.characters} characters, found ${text.length} in ${name}: give from and length, or use queryTable`,
        )
      }
      return text.slice(from, end)
    },
  })
}
