import type { ModelReply, Usage } from '@bailiwick/contract'
import type { Source } from '../source.ts'
import { withinCost } from './within-cost.ts'

/** US dollars of one reply of a model, named as its server does; `null` where nobody knows. */
export type PriceOf = (usage: Usage, servedModel: string) => number | null | Promise<number | null>

/** Keeps to what a request may cost, and puts the cost into every reply's usage. */
export function withPrice(source: Source, priceOf: PriceOf): Source {
  return {
    id: source.id,
    async ask(request, call): Promise<ModelReply> {
      const reply = await source.ask(await withinCost(request, served(source.id), priceOf), call)
      const cost = await priceOf(reply.usage, served(reply.model))
      return { ...reply, usage: { ...reply.usage, cost } }
    },
  }
}

/** A model's name as its server knows it. */
function served(id: string): string {
  return id.slice(id.indexOf('/') + 1)
}
