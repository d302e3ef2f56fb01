import type { Model, ModelEvent, Usage } from '@bailiwick/core/contract'

/** US dollars of one reply of a model, named as its server does; `null` where nobody knows. */
export type PriceOf = (usage: Usage, servedModel: string) => number | null | Promise<number | null>

/** Puts the cost into every reply's usage. */
export function withPrice(model: Model, priceOf: PriceOf): Model {
  return {
    id: model.id,
    async *generate(request, call): AsyncGenerator<ModelEvent> {
      for await (const event of model.generate(request, call)) {
        if (event.type !== 'reply') yield event
        else {
          const { usage, model: answered } = event.reply
          const cost = await priceOf(usage, answered.slice(answered.indexOf('/') + 1))
          yield { type: 'reply', reply: { ...event.reply, usage: { ...usage, cost } } }
        }
      }
    },
  }
}
