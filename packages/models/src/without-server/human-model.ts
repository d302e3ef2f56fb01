import { createInterface } from 'node:readline/promises'
import { type Model, ModelError, type ModelReply } from '@bailiwick/contract'
import { asModel } from '../as-model.ts'
import { instruct } from '../reply/instruct.ts'
import type { Source } from '../source.ts'
import { showPrompt } from './show-prompt.ts'
import { unservedReply } from './text-reply.ts'

export interface HumanModelOptions {
  input?: NodeJS.ReadableStream
  output?: NodeJS.WritableStream
}

/**
 * You are the model: the prompt is shown, you type the reply, a line with a single dot ends it.
 *
 * @throws (from `generate`) ModelError `model-unreachable` when the input ends
 */
export function humanModel(options?: HumanModelOptions): Model {
  return asModel(humanSource(options))
}

export function humanSource({
  input = process.stdin,
  output = process.stdout,
}: HumanModelOptions = {}): Source {
  const id = 'human/you'
  return {
    id,
    async ask(request, { signal }): Promise<ModelReply> {
      const begun = performance.now()
      const { request: worded, read } = instruct(request, { tools: false, outputSchema: false })
      output.write(`${showPrompt(worded)}\n\n[your reply; end it with a line that is a single dot]\n`)
      const lines: string[] = []
      const typed = createInterface({ input, signal })
      try {
        for await (const line of typed) {
          if (line === '.') return read(unservedReply(id, lines.join('\n'), request, begun))
          lines.push(line)
        }
      } finally {
        typed.close()
      }
      signal.throwIfAborted()
      throw new ModelError('model-unreachable', 'the input ended before a reply: nobody is there to answer.')
    },
  }
}
