import { describe, expect, it } from 'vitest'
import { nearestNames, unknownName } from './nearest-names.ts'

describe('nearestNames', () => {
  const known = ['readFile', 'writeArtifact', 'queryTable', 'drawChart', 'ab']
  it.each([
    ['read_file', ['readFile']],
    ['ReadFile', ['readFile']],
    ['reedfile', ['readFile']],
    ['query', ['queryTable']],
    ['chart', ['drawChart']],
    ['somethingElse', []],
    ['', []],
    ['xy', []],
  ])('%s', (wrong, near) => {
    expect(nearestNames(wrong, known)).toEqual(near)
  })

  it('lists the known names if none is near', () => {
    expect(unknownName('tool', 'x', known)).toBe(`there is no tool "x". Known: ${known.join(', ')}`)
    expect(unknownName('tool', 'x', [])).toBe('there is no tool "x", and none at all here')
  })
})
