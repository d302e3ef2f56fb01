import { type Budget, NO_USAGE, type TaskResult, type TaskSpec } from '@bailiwick/contract'
import { describe, expect, it } from 'vitest'
import type { Attempt, RunState } from '../state/run-state.ts'
import type { WatchedTask } from '../state/watched-task.ts'
import { carveBudget, spentOfRun, wallTimeLeft } from './budget.ts'

const result = (tokens: number): TaskResult => ({
  status: 'completed',
  usage: { ...NO_USAGE, inputTokens: tokens, replies: 1 },
  artifacts: [],
})

function known(task: string, budget: Budget, tokens: number, ended?: TaskResult): WatchedTask {
  const grant = {
    level: 5 as const,
    tools: [],
    delegates: [],
    imports: [],
    budget,
    approval: 'never' as const,
  }
  return {
    created: { type: 'task.created', at: 0, ...({ task, grant } as unknown as TaskSpec) },
    writer: 'worker',
    status: 'working',
    step: 2,
    calls: 3,
    usage: { ...NO_USAGE, inputTokens: tokens, replies: 1 },
    attempt: 1,
    stepUsage: [],
    asked: [],
    leftMs: 0,
    ...(ended !== undefined && { ended: { type: 'task.ended' as const, at: 0, ...ended } }),
  }
}

function spentOf(attempts: [string, TaskResult | undefined][], tasks: WatchedTask[]) {
  const all = attempts.map(
    ([task, ended], index): Attempt => ({
      type: 'task.dispatched',
      name: `t${index}`,
      task,
      agent: 'a',
      attempt: 1,
      at: 0,
      ...(ended !== undefined && {
        returned: { type: 'task.returned' as const, at: 0, name: `t${index}`, task, ...ended },
      }),
    }),
  )
  const state = { attempts: new Map(all.map((one) => [one.name, [one]])) } as unknown as RunState
  return spentOfRun(state, new Map(tasks.map((one) => [one.created.task, one])))
}

describe('spentOfRun', () => {
  it('counts what ended attempts used, and reserves the budgets of open ones', () => {
    const open = known('b', { tokens: 500, calls: 2 }, 40)
    const { taken, unknown } = spentOf(
      [
        ['a', result(100)],
        ['b', undefined],
      ],
      [known('a', { tokens: 900 }, 100, result(100)), open],
    )
    expect(taken).toEqual({ tokens: 600, cost: 0, steps: 4, calls: 6 })
    expect(unknown).toBe(0)
  })

  it('counts open attempts whose budget is unknown', () => {
    expect(spentOf([['a', undefined]], [])).toEqual({
      taken: { tokens: 0, cost: 0, steps: 0, calls: 0 },
      unknown: 1,
    })
  })
})

const taken = { tokens: 400, cost: 0.5, steps: 2, calls: 1 }

describe('carveBudget', () => {
  it("gives an equal share of what is left, within the agent's ceiling", () => {
    const whole = { tokens: 1_000, cost: 2, wallMs: 10_000, calls: 10, steps: 11 }
    expect(carveBudget({ whole, taken, shares: 3 })).toEqual({
      tokens: 200,
      cost: 0.5,
      wallMs: 10_000,
      calls: 3,
      steps: 3,
    })
    const ceiling = { tokens: 50, steps: 4 }
    const under = carveBudget({ whole: { tokens: 1_000 }, taken, shares: 3, ceiling })
    expect(under).toEqual({ tokens: 50, steps: 4 })
  })

  it('has only the limits of the whole budget, and none below 0', () => {
    expect(carveBudget({ whole: {}, taken, shares: 2 })).toEqual({})
    expect(carveBudget({ whole: { tokens: 10, wallMs: 5 }, taken, shares: 1 })).toEqual({
      tokens: 0,
      wallMs: 5,
    })
    expect(wallTimeLeft({ deadline: Date.now() - 5 })).toEqual({ wallMs: 1 })
    expect(wallTimeLeft(undefined)).toEqual({})
  })
})
