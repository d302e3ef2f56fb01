import { type Model, ModelError, type ModelEvent } from '@bailiwick/core/contract'
import { isModelError } from '../is-model-error.ts'

/**
 * The first model that answers, in order. Deltas of one that failed are declared void by a `restart` event,
 * so that nobody uses half of its answer; the reply names who gave it.
 */
export function withFallbacks(first: Model, others: readonly Model[]): Model {
  return {
    id: first.id,
    async *generate(request, call): AsyncGenerator<ModelEvent> {
      const failures: ModelError[] = []
      for (const model of [first, ...others]) {
        let begun = false
        try {
          for await (const event of model.generate(request, call)) {
            begun = event.type !== 'restart'
            yield event
          }
          return
        } catch (error) {
          call.signal.throwIfAborted()
          // A cassette that lacks a request is to be mended, not gone around.
          if (!isModelError(error) || error.code === 'model-replay-miss') throw error
          failures.push(error)
          if (call.deadline !== undefined && Date.now() >= call.deadline) break
          if (begun) yield { type: 'restart', reason: error.message }
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
