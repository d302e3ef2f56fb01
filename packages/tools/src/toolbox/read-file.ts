import { FILE_LIMITS, formatBytes, InputError, type Tool } from '@bailiwick/contract'
import { defineTool } from '@bailiwick/core'
import { z } from 'zod'
import type { RunFiles } from './run-files.ts'
import { TextReader } from './text-reader.ts'

const { readChars } = FILE_LIMITS

/** `readFile`: the text of a file, or a part of it. */
export function readFile(files: RunFiles): Tool {
  const reader = new TextReader()
  return defineTool({
    name: 'readFile',
    description: `Returns the text of a file of this task: the whole file, or the part given by from and length. A part may be of a file of any size, and has at most ${readChars} characters.`,
    input: z.object({
      name: z.string().describe('as listFiles returns it'),
      from: z.int().nonnegative().optional().describe('the first character, counted from 0'),
      length: z.int().positive().optional().describe('the number of characters'),
    }),
    output: z.string(),
    effect: 'none',
    async run({ name, from = 0, length }, context) {
      const file = await files.find(context, name)
      const { key, mediaType, size } = file.ref
      const stored = { key, open: (byte: number) => files.stream(file, context.signal, byte) }
      // One more, to see whether there are more.
      const text = await reader.read(stored, { from, length: Math.min(length ?? Infinity, readChars + 1) })
      if (text === undefined)
        throw new InputError(`expected a text file, found ${name}, which is ${mediaType}`)
      // A silent cut would lead to wrong figures, so the caller must ask for a part.
      if (text.length > readChars) {
        throw new InputError(
          `expected at most ${readChars} characters, found more in ${name} (${formatBytes(size)}): give from and a smaller length, or use queryTable`,
        )
      }
      return text
    },
  })
}
