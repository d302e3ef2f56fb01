import { createInterface } from 'node:readline/promises'
import { type Model, ModelError, type ModelReply, visibleText } from '@bailiwick/contract'
import { asModel } from '../as-model.ts'
import { emulateFeatures } from '../reply/emulate.ts'
import type { Source } from '../source.ts'
import { promptText, TEXT_ONLY, textReply } from './text-reply.ts'

/** Where the prompt is shown and the reply is typed. Default: the terminal. */
export interface HumanModelOptions {
  input?: NodeJS.ReadableStream
  output?: NodeJS.WritableStream
}

/**
 * A person as a model: shows the prompt and reads the reply, which ends with a line that contains only a dot.
 *
 * @throws (from `generate`) ModelError `model-unreachable` if the input ends first, `model-empty` for an empty reply.
 * @example
 * ```ts
 * const model = humanModel()
 * ```
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
      const start = performance.now()
      const { request: sent, read } = emulateFeatures(request, TEXT_ONLY)
      output.write(
        `${visibleText(promptText(sent))}\n\n[Type your reply. End it with a line that contains only a dot.]\n`,
      )
      const lines: string[] = []
      const typed = createInterface({ input, signal })
      try {
        for await (const line of typed) {
          if (line === '.') return read(textReply(id, lines.join('\n'), request, start))
          lines.push(line)
        }
      } finally {
        typed.close()
      }
      signal.throwIfAborted()
      throw new ModelError(
        'model-unreachable',
        'Expected a reply that ends with a line of a single dot, but the input ended first. Run in a terminal.',
      )
    },
  }
}
