import { expect, it } from 'vitest'
import { epochOf } from './checkpoint.ts'
import { parseEventId } from './published-ids.ts'

it.each([
  [[], 5, 0],
  [[10], 9, 0],
  [[10], 10, 1],
  [[10, 20], 15, 1],
  [[10, 20], 25, 2],
  // The second loss went further back than the first.
  [[20, 10], 9, 0],
  [[20, 10], 15, 2],
  [[20, 10], 25, 2],
])('after losses from %j on, message %i has epoch %i', (resets, sequence, epoch) => {
  expect(epochOf(resets, sequence)).toBe(epoch)
})

it.each([
  ['42.0', { sequence: 42, index: 0, epoch: 0 }],
  ['42.13.2', { sequence: 42, index: 13, epoch: 2 }],
  ['42', undefined],
  ['', undefined],
  ['x.1', undefined],
])('reads the id %j of an event', (id, parts) => {
  expect(parseEventId(id)).toEqual(parts)
})
