import { Agent, type AgentOptions, defineTool } from '@bailiwick/agent'
import { z } from 'zod'

const PERSON = 'A colleague will answer you today.'

export interface Order {
  id: string
  total: number
  delivered: boolean
  refunded: boolean
}

/**
 * A workflow with a branch: a level 1 agent chooses the route, and the host follows it. Only one route leads to an
 * agent that can move money, and that agent has level 3: tool calls, but no code.
 */
export function mailDesk(model: AgentOptions['model'], orders: Map<string, Order>) {
  const findOrder = defineTool({
    name: 'findOrder',
    description: 'An order by its number, or null.',
    input: z.object({ id: z.string() }),
    effect: 'none',
    run: ({ id }) => orders.get(id) ?? null,
  })
  const refund = defineTool({
    name: 'refund',
    description: 'Pays an order back. Only orders that were not delivered.',
    input: z.object({ id: z.string() }),
    run({ id }) {
      const order = orders.get(id)
      if (order === undefined || order.delivered)
        throw new Error(`expected an undelivered order, found ${id}: ${order ? 'delivered' : 'unknown'}`)
      order.refunded = true
      return { paidBack: order.total }
    },
  })
  const clerk = new Agent({
    name: 'clerk',
    model,
    level: 'multi-step',
    tools: [findOrder, refund],
    instructions: 'Look the order up before you decide. Tell the customer what was done, in two sentences.',
  })
  const askClerk = async (mail: string) => {
    const { status, output } = await clerk.run(mail)
    return status === 'completed' ? output : PERSON
  }
  const desk = new Agent({
    name: 'desk',
    model,
    level: 'router',
    routes: {
      refund: { when: 'wants money back', to: (mail) => askClerk(mail) },
      hours: {
        when: 'asks when the shop is open',
        to: { answer: 'We are open from 9 to 17, Monday to Friday.' },
      },
      person: { when: 'anything else', to: { answer: PERSON } },
    },
    defaultRoute: 'person',
  })
  return { answer: (mail: string) => desk.run(mail) }
}

if (import.meta.main) {
  const orders = new Map([['A17', { id: 'A17', total: 40, delivered: false, refunded: false }]])
  const { answer } = mailDesk(process.argv[2], orders)
  console.log(await answer('My order A17 never came. I want my money back!'), orders)
}
