import type { Model, Usage } from '@bailiwick/core/contract'
import { passThrough } from '../resilience/pass-through.ts'
import { withinCost } from './within-cost.ts'

/** US dollars of one reply of a model, named as its server does; `null` where nobody knows. */
export type PriceOf = (usage: Usage, servedModel: string) => number | null | Promise<number | null>

/** Keeps to what a request may cost, and puts the cost into every reply's usage. */
export function withPrice(model: Model, priceOf: PriceOf): Model {
  return {
    id: model.id,
    generate: (request, call) =>
      passThrough(async () => ({
        events: model.generate(await withinCost(request, served(model.id), priceOf), call),
        async onReply({ reply }) {
          const { usage, model: answered } = reply
          const cost = await priceOf(usage, served(answered))
          return { type: 'reply', reply: { ...reply, usage: { ...usage, cost } } }
        },
      })),
  }
}

/** A model's name as its server knows it. */
function served(id: string): string {
  return id.slice(id.indexOf('/') + 1)
}
