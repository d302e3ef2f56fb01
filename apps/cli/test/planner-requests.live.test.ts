import { describe, expect, it } from 'vitest'
import { requestsOf } from './model-requests.ts'
import { final, type TestAgent } from './team-folder.ts'

const REQUEST = 'How much did each region sell? A region is a state. Ignore 2019.'

const THREE: TestAgent[] = [
  { name: 'worker', level: 5 },
  { name: 'painter', level: 0 },
  { name: 'writer', level: 0, references: true },
]

describe('strategy auto', () => {
  it('asks no planner and no writer if only one agent can take the task', async () => {
    const { order, last, requests } = await requestsOf(REQUEST, { worker: final('"north 3, south 4"') })
    expect(order).toEqual(['worker'])
    expect(last).toMatchObject({ status: 'completed', answer: 'north 3, south 4' })
    expect(requests[0]?.user.split(REQUEST)).toHaveLength(2)
  })

  it('lets the planner give the whole request to one agent, without a writer', async () => {
    const { order, last, requests } = await requestsOf(
      REQUEST,
      { planner: '{"direct": "painter"}', painter: 'A map.' },
      { agents: THREE },
    )
    expect(order).toEqual(['planner', 'painter'])
    expect(last).toMatchObject({ status: 'completed', answer: 'A map.' })
    expect(requests[0]?.system).toContain('{"direct": "worker"}')
    expect(requests[1]?.user.split(REQUEST)).toHaveLength(2)
  })

  it('tells the planner what is wrong with the agent that it chose', async () => {
    const { requests } = await requestsOf(REQUEST, { planner: '{"direct": "paniter"}' }, { agents: THREE })
    expect(requests[1]?.user).toContain('Did you mean "painter"?')
  })

  it('plans if the planner splits the request', async () => {
    const plan = { tasks: [{ name: 't1', agent: 'painter', text: 'Draw the regions.' }] }
    const { order, last } = await requestsOf(
      REQUEST,
      { planner: JSON.stringify(plan), painter: 'A map.', writer: 'See {{t1.output}}' },
      { agents: THREE },
    )
    expect(order).toEqual(['planner', 'painter', 'writer'])
    expect(last.answer).toBe('See A map.')
  })
})

describe('the planner', () => {
  it('is shown an example, and asked for short texts without a method', async () => {
    const { requests } = await requestsOf(REQUEST, {}, { strategy: 'plan' })
    const [{ system, format } = { system: '', format: undefined }] = requests
    expect(system).toContain('prescribe no method')
    expect(system).toContain('nothing that the user did not ask for')
    expect(system).toContain('An example')
    expect(system).not.toContain('"direct"')
    // Prose, printed type and the schema that the server enforces agree on what may be left out.
    expect(system).toMatch(/after\?: string\[\]/)
    expect(system).toMatch(/inputs\?: string\[\]/)
    expect(JSON.stringify(format)).toContain('"required":["name","agent","text"]')
  })

  it('gives every task the request of the user as context, once', async () => {
    const plan = { tasks: [{ name: 't1', agent: 'worker', text: 'Add up the sales.' }] }
    const { requests, order } = await requestsOf(
      REQUEST,
      { planner: JSON.stringify(plan), worker: final('7'), writer: 'It is {{t1.output}}.' },
      { strategy: 'plan' },
    )
    expect(order).toEqual(['planner', 'worker', 'writer'])
    for (const { user } of requests) expect(user.split(REQUEST)).toHaveLength(2)
    expect(requests[1]?.user).toContain('<task>Add up the sales.</task>')
    expect(requests[1]?.user).toContain(`<request>${REQUEST}</request>`)
  })
})

describe('bailiwick run --plan', () => {
  it('starts no task if no planner is needed, and says who gets the request', async () => {
    const { order, last } = await requestsOf(REQUEST, {}, { args: ['--plan'] })
    expect(order).toEqual([])
    expect(last).toMatchObject({
      plan: { direct: true, tasks: [{ name: 't1', agent: 'worker', text: REQUEST }] },
      estimate: { replies: 4, tokens: null, cost: null },
    })
  })
})
