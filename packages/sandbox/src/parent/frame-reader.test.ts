import { expect, it } from 'vitest'
import type { ToParent } from '../frames/frame.ts'
import { parentLine } from '../frames/frame-line.ts'
import { nextTurn, turnIsOver } from '../values/loop-turn.ts'
import { FrameReader } from './frame-reader.ts'

it('hands on a waiting frame when the child ends, once', async () => {
  const frames: ToParent[] = []
  const reader = new FrameReader({ frame: (frame) => frames.push(frame), fault: () => {}, flow: () => {} })
  const stopped = { type: 'stopped', reason: 'out-of-memory', message: 'memory limit' } as const
  while (!turnIsOver());
  reader.push(Buffer.from(parentLine(stopped)))
  expect(frames).toEqual([])
  reader.finish()
  expect(frames).toEqual([stopped])
  await nextTurn()
  await nextTurn()
  expect(frames).toEqual([stopped])
})
