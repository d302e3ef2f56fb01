import { formatBytes, InputError, type Tool } from '@bailiwick/contract'
import { defineTool } from '@bailiwick/core'
import { decodeText, isText } from '@bailiwick/core/inputs'
import { z } from 'zod'
import { FILE_LIMITS, type RunFiles } from './run-files.ts'
import { textPart } from './text-part.ts'

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
      const noText = () =>
        new InputError(`expected a text file, found ${name}, which is ${file.ref.mediaType}`)
      if (file.ref.size > FILE_LIMITS.read && length !== undefined && length <= FILE_LIMITS.characters) {
        const part = await textPart(files.stream(file, context.signal), { from, length })
        if (part === undefined) throw noText()
        return part
      }
      if (file.ref.size > FILE_LIMITS.read) {
        throw new InputError(
          `expected at most ${FILE_LIMITS.characters} characters, found ${name} with ${formatBytes(file.ref.size)}: give from and length`,
        )
      }
      const bytes = await files.read(file, context.signal)
      if (!isText(bytes)) throw noText()
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
