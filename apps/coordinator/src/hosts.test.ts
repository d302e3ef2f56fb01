import { expect, it } from 'vitest'
import { isHostOf } from './hosts.ts'

it.each([
  ['agent-web-1', 'web', true],
  ['agent-web-12', 'web', true],
  ['agent-web-search-1', 'web', false],
  ['agent-web-2-1', 'web-2', true],
  ['toolbox', 'toolbox', false],
])('takes %s for a host of %s: %s', (child, agent, is) => {
  expect(isHostOf(child, agent)).toBe(is)
})
