import { planSchema } from '@bailiwick/contract'
import { describe, expect, it } from 'vitest'
import { checkPlan } from './check-plan.ts'

const team = [{ name: 'analyst' }, { name: 'writer' }]
const limits = { maxTasks: 3, inputs: ['weather'] }
const task = (name: string, more: object = {}) => ({ name, agent: 'analyst', text: 'Do it.', ...more })
const problems = (...tasks: object[]) => checkPlan(planSchema.parse({ tasks }), team, limits).join('\n')

describe('checkPlan', () => {
  it('finds nothing wrong with a good plan', () => {
    expect(
      problems(task('t1', { inputs: ['weather'] }), task('t2', { after: ['t1'], agent: 'writer' })),
    ).toBe('')
  })

  it.each([
    ['an unknown agent', [task('t1', { agent: 'analist' })], 'did you mean analyst?'],
    ['an unknown input', [task('t1', { inputs: ['wether'] })], 'did you mean weather?'],
    ['an unknown task before', [task('t1', { after: ['t0'] })], 'no task in "after" "t0"'],
    ['one name twice', [task('t1'), task('t1')], 'two tasks are called "t1"'],
    ['too many tasks', ['a', 'b', 'c', 'd'].map((name) => task(name)), 'has 4 tasks; at most 3'],
    ['a circle', [task('a', { after: ['b'] }), task('b', { after: ['a'] })], 'a → b → a'],
    ['a task that waits for itself', [task('a', { after: ['a'] })], 'a → a'],
  ])('tells %s', (_, tasks, words) => {
    expect(problems(...tasks)).toContain(words)
  })
})
