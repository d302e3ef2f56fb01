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
    expect(unknownName('tool', 'x', known)).toBe(`Expected a known tool (${known.join(', ')}), found "x".`)
    expect(unknownName('tool', 'x', [])).toBe('Expected a known tool, found "x". No tool is known.')
  })
})
