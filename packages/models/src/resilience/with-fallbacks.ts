import { ModelError, type ModelReply } from '@bailiwick/contract'
import { isModelError } from '../is-model-error.ts'
import { voidable } from '../restartable-call.ts'
import type { Source } from '../source.ts'

/**
 * The first source that answers, in order. Deltas of one that failed are declared void by a `restart` event,
 * so that nobody uses half of its answer; the reply names who gave it.
 */
export function withFallbacks(first: Source, others: readonly Source[]): Source {
  return {
    id: first.id,
    async ask(request, call): Promise<ModelReply> {
      const failures: ModelError[] = []
      for (const source of [first, ...others]) {
        const attempt = voidable(call)
        try {
          return await source.ask(request, attempt.call)
        } catch (error) {
          call.signal.throwIfAborted()
          // A cassette that lacks a request is to be mended, not gone around.
          if (!isModelError(error) || error.code === 'model-replay-miss') throw error
          failures.push(error)
          if (call.deadline !== undefined && Date.now() >= call.deadline) break
          attempt.void(error.message)
        }
      }
      throw allFailed(failures)
    },
  }
}

/** With the code of the model that was wanted; the others' reasons follow in the message. */
function allFailed(failures: readonly ModelError[]): ModelError {
  const [wanted] = failures
  if (wanted === undefined) throw new TypeError('no model was asked')
  return failures.length === 1
    ? wanted
    : new ModelError(wanted.code, failures.map(({ message }) => message).join(' Then: '), {
        cause: new AggregateError(failures),
      })
}
