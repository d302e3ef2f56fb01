import { NO_USAGE, type TaskSpec } from '@bailiwick/contract'
import { describe, expect, it } from 'vitest'
import type { WatchedTask } from '../runs/state/watched-task.ts'
import { admitDelegation } from './admit-delegation.ts'

const delegates = ['scout', 'boss'].map((name) => ({ name, description: 'x', level: 3 as const }))
function spec(change: Partial<TaskSpec> = {}): TaskSpec {
  return {
    run: 'r1',
    owner: 'user',
    task: 'r1-t1',
    agent: 'boss',
    name: 't1',
    text: 'x',
    inputs: [],
    results: {},
    grant: { level: 4, tools: [], delegates, imports: [], budget: { tokens: 1_000 }, approval: 'never' },
    seed: 's',
    depth: 0,
    ...change,
  }
}
function state(of: TaskSpec, tokens = 0): WatchedTask {
  const usage = { ...NO_USAGE, inputTokens: tokens }
  return {
    created: { type: 'task.created', at: Date.now(), ...of },
    writer: of.agent,
    status: 'working',
    attempt: 1,
    step: 0,
    calls: 0,
    usage,
    stepUsage: [],
    asked: [],
    leftMs: 0,
  }
}
const limits = { depth: 2, fanOut: 2 }
const tasksOf = (...states: WatchedTask[]) => new Map(states.map((one) => [one.created.task, one]))

describe('admitDelegation', () => {
  const parent = spec()

  it("gives half of the parent's remaining budget", () => {
    const budget = admitDelegation({
      parent,
      target: 'scout',
      wanted: {},
      tasks: tasksOf(state(parent, 200)),
      limits,
    })
    expect(budget).toEqual({ tokens: 400 })
  })

  it('subtracts what earlier delegates may still use, and gives no more than the caller wants', () => {
    const child = spec({
      task: 'r1-d1',
      agent: 'scout',
      parent: { agent: 'boss', task: 'r1-t1', call: '1.1' },
    })
    child.grant.budget = { tokens: 600 }
    const tasks = tasksOf(state(parent), state(child))
    expect(admitDelegation({ parent, target: 'scout', wanted: {}, tasks, limits })).toEqual({ tokens: 200 })
    expect(admitDelegation({ parent, target: 'scout', wanted: { tokens: 5 }, tasks, limits })).toEqual({
      tokens: 5,
    })
  })

  it('subtracts the cost and the calls of earlier delegates', () => {
    const budget = { cost: 1, calls: 10, steps: 7 }
    const asking = spec({ grant: { ...parent.grant, budget } })
    const line = { agent: 'boss', task: 'r1-t1', call: '1.1' }
    const open = spec({ task: 'r1-d1', agent: 'scout', parent: line })
    open.grant = { ...open.grant, budget: { cost: 0.4, calls: 4 } }
    const ended = spec({ task: 'r1-d2', agent: 'scout', parent: line })
    const usage = { ...NO_USAGE, cost: 0.2, replies: 1 }
    const done = {
      ...state(ended),
      calls: 2,
      usage,
      ended: { type: 'task.ended' as const, at: 0, status: 'completed' as const, usage, artifacts: [] },
    }
    const tasks = tasksOf(state(asking), state(open), done)
    const given = admitDelegation({
      parent: asking,
      target: 'scout',
      wanted: {},
      tasks,
      limits: { depth: 2, fanOut: 9 },
    })
    expect(given.cost).toBeCloseTo(0.2)
    expect(given).toMatchObject({ calls: 2, steps: 7 })
  })

  it('refuses an agent that the recorded grant does not name', () => {
    expect(() => admitDelegation({ parent, target: 'thief', wanted: {}, tasks: tasksOf(), limits })).toThrow(
      '"thief" is not granted to boss, which may start scout, boss.',
    )
  })

  it('refuses delegations that are too deep, circular or too many', () => {
    const deep = spec({ depth: 2 })
    expect(() =>
      admitDelegation({ parent: deep, target: 'scout', wanted: {}, tasks: tasksOf(), limits }),
    ).toThrow('may be 2 deep')
    const below = spec({
      task: 'r1-d1',
      agent: 'scout',
      depth: 1,
      parent: { agent: 'boss', task: 'r1-t1', call: '1.1' },
    })
    const circle = {
      parent: below,
      target: 'boss',
      wanted: {},
      tasks: tasksOf(state(parent), state(below)),
      limits,
    }
    expect(() => admitDelegation(circle)).toThrow('"boss" waits for this very task (boss → scout)')
    const children = [1, 2].map((n) =>
      state(
        spec({ task: `r1-d${n}`, agent: 'scout', parent: { agent: 'boss', task: 'r1-t1', call: `1.${n}` } }),
      ),
    )
    const many = { parent, target: 'scout', wanted: {}, tasks: tasksOf(state(parent), ...children), limits }
    expect(() => admitDelegation(many)).toThrow('may start 2 delegates in all')
  })
})
