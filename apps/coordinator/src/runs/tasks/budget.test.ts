import { type Budget, NO_USAGE, type TaskResult, type TaskSpec } from '@bailiwick/contract'
import { describe, expect, it } from 'vitest'
import type { Attempt, RunState } from '../fold/run-state.ts'
import type { WatchedTask } from '../fold/watched-task.ts'
import { spentOfRun } from './budget.ts'

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
  it('counts what ended as it ended, and keeps what open ones may use still', () => {
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

  it('says how many open ones it knows nothing of', () => {
    expect(spentOf([['a', undefined]], [])).toEqual({
      taken: { tokens: 0, cost: 0, steps: 0, calls: 0 },
      unknown: 1,
    })
  })
})
