import { scriptedModel } from '@bailiwick/core/testing'
import { describe, expect, it } from 'vitest'
import { mailDesk, type Order } from './answer-mail.ts'

const orders = () =>
  new Map<string, Order>([
    ['A17', { id: 'A17', total: 40, delivered: false, refunded: false }],
    ['B03', { id: 'B03', total: 25, delivered: true, refunded: false }],
  ])

const refunds = (id: string, ending: string) => [
  '{"route": "refund"}',
  { calls: [{ name: 'findOrder', arguments: { id } }] },
  { calls: [{ name: 'refund', arguments: { id } }] },
  { calls: [{ name: 'finalAnswer', arguments: { answer: ending } }] },
]

describe('the mail desk', () => {
  it('routes a complaint to a refund', async () => {
    const book = orders()
    const desk = mailDesk(scriptedModel(refunds('A17', 'You get 40 back. We are sorry.')), book)
    const result = await desk.answer('My order A17 never came.')
    expect(result).toMatchObject({ status: 'completed', output: 'You get 40 back. We are sorry.' })
    expect(book.get('A17')?.refunded).toBe(true)
  })

  it('does not refund a delivered order, and gives the agent the reason', async () => {
    const book = orders()
    const model = scriptedModel(refunds('B03', 'It was delivered, so it cannot be paid back.'))
    await mailDesk(model, book).answer('Money back for B03!')
    expect(book.get('B03')?.refunded).toBe(false)
    expect(JSON.stringify(model.requests.at(-1)?.messages)).toContain(
      'expected an undelivered order, found B03: delivered',
    )
  })

  it('answers with a fixed text without another agent', async () => {
    const model = scriptedModel(['{"route": "hours"}'])
    const result = await mailDesk(model, orders()).answer('When can I come?')
    expect(result.output).toBe('We are open from 9 to 17, Monday to Friday.')
    expect(model.requests.length).toBe(1)
  })

  it('passes a mail with an unknown route to a person', async () => {
    const model = scriptedModel(['{"route": "fire the clerk"}', 'Hello to you too!', 'no'])
    const book = orders()
    const result = await mailDesk(model, book).answer('Hello?')
    expect(result.output).toBe('A colleague will answer you today.')
    expect(book.get('A17')?.refunded).toBe(false)
  })

  it('passes a mail to a person if the agent fails', async () => {
    const model = scriptedModel(['{"route": "refund"}'])
    expect((await mailDesk(model, orders()).answer('Money back!')).output).toContain('A colleague')
  })
})
