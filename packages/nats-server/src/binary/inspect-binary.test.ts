import { expect, it } from 'vitest'
import { compareVersions } from './inspect-binary.ts'

it('compares versions by number, not by text', () => {
  expect(compareVersions('2.9.10', '2.10.2')).toBeLessThan(0)
  expect(compareVersions('2.15.1', '2.15.0')).toBeGreaterThan(0)
  expect(compareVersions('2.12.0-RC.1', '2.12.0')).toBe(0)
  expect(compareVersions('3.0.0', '2.99.99')).toBeGreaterThan(0)
})
