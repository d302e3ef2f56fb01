import { describe, expect, it } from 'vitest'
import { planOfReply, planProblems, replyProblems } from './planner.ts'

const given = {
  team: [{ name: 'analyst' }, { name: 'writer' }],
  inputs: [{ name: 'weather' }],
  limits: { tasks: 3 },
}
const task = (name: string, more: object = {}) => ({ name, agent: 'analyst', text: 'Do it.', ...more })
const problems = (...tasks: object[]) => planProblems({ tasks }, given).join('\n')

describe('planProblems', () => {
  it('accepts a valid plan', () => {
    expect(
      problems(task('t1', { inputs: ['weather'] }), task('t2', { after: ['t1'], agent: 'writer' })),
    ).toBe('')
  })

  it.each([
    ['an unknown agent', [task('t1', { agent: 'analist' })], 'analyst'],
    ['an unknown input', [task('t1', { inputs: ['wether'] })], 'weather'],
    [
      'an unknown dependency',
      [task('t1', { after: ['t0'] })],
      'Expected a known task in "after" (t1), found "t0"',
    ],
    ['a name that two tasks have', [task('t1'), task('t1')], 'two tasks are called "t1"'],
    ['a reserved name', [task('answer')], '"answer" is a reserved name'],
    ['too many tasks', ['a', 'b', 'c', 'd'].map((name) => task(name)), 'has 4 tasks; at most 3'],
    ['a circle', [task('a', { after: ['b'] }), task('b', { after: ['a'] })], 'a → b → a'],
    ['a task that depends on itself', [task('a', { after: ['a'] })], 'a → a'],
    ['an answer that is no plan', [{}], 'tasks.0.name'],
  ])('reports %s', (_, tasks, words) => {
    expect(problems(...tasks)).toContain(words)
  })
})

describe("a planner's reply", () => {
  const request = { text: 'Do it all.', inputs: [{ name: 'weather', description: '' }] }
  const reply = { name: 't1', agent: 'analyst', text: 'Do it.' }

  it('gives the whole request, with every input, to one agent', () => {
    expect(replyProblems({ direct: 'analyst' }, given)).toEqual([])
    expect(planOfReply({ direct: 'analyst' }, request)).toEqual({
      direct: true,
      tasks: [{ name: 't1', agent: 'analyst', text: 'Do it all.', after: [], inputs: ['weather'] }],
    })
  })

  it('may leave empty lists out, or state them', () => {
    const whole = { tasks: [{ ...reply, after: [], inputs: [] }] }
    expect(planOfReply({ tasks: [reply] }, request)).toEqual(whole)
    expect(planOfReply(whole, request)).toEqual(whole)
  })

  it.each([
    [{ direct: 'analist' }, 'Did you mean "analyst"?'],
    [{ direct: 'analyst', tasks: [reply] }, 'either "direct" or "tasks", found both'],
    [{}, 'tasks'],
    [{ tasks: [] }, 'tasks'],
    [{ tasks: [{ ...reply, inputs: ['wether'] }] }, 'Did you mean "weather"?'],
  ])('%j is refused', (wrong, words) => {
    expect(replyProblems(wrong, given).join()).toContain(words)
  })
})
