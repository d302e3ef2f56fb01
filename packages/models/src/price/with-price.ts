import type { Model, Usage } from '@bailiwick/core/contract'
import { passThrough } from '../resilience/pass-through.ts'

/** US dollars of one reply of a model, named as its server does; `null` where nobody knows. */
export type PriceOf = (usage: Usage, servedModel: string) => number | null | Promise<number | null>

/** Puts the cost into every reply's usage. */
export function withPrice(model: Model, priceOf: PriceOf): Model {
  return {
    id: model.id,
    generate: (request, call) =>
      passThrough(async () => ({
        events: model.generate(request, call),
        async onReply({ reply }) {
          const { usage, model: answered } = reply
          const cost = await priceOf(usage, answered.slice(answered.indexOf('/') + 1))
          return { type: 'reply', reply: { ...reply, usage: { ...usage, cost } } }
        },
      })),
  }
}
