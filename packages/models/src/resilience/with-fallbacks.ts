import { isModelError, ModelError, type ModelReply } from '@bailiwick/contract'
import { restartableCall } from '../restartable-call.ts'
import type { Source } from '../source.ts'

/**
 * Asks the sources in order until one replies. A `restart` event withdraws the deltas of a source that failed, so
 * that no reader uses half of its reply. The reply names the model that gave it.
 */
export function withFallbacks(first: Source, others: readonly Source[]): Source {
  return {
    id: first.id,
    async ask(request, call): Promise<ModelReply> {
      const failures: ModelError[] = []
      for (const source of [first, ...others]) {
        const attempt = restartableCall(call)
        try {
          return await source.ask(request, attempt.call)
        } catch (error) {
          call.signal.throwIfAborted()
          // A cassette that lacks a request needs repair, so a fallback must not hide it.
          if (!isModelError(error) || error.code === 'model-replay-miss') throw error
          failures.push(error)
          if (call.deadline !== undefined && Date.now() >= call.deadline) break
          attempt.restart(error.message)
        }
      }
      throw allFailed(failures)
    },
  }
}

/** Has the code of the first model's error. The message lists all errors. */
function allFailed(failures: readonly ModelError[]): ModelError {
  const [first] = failures
  if (first === undefined) throw new TypeError('expected at least one model to ask, found none')
  return failures.length === 1
    ? first
    : new ModelError(first.code, failures.map(({ message }) => message).join(' Fallback: '), {
        cause: new AggregateError(failures),
      })
}
