import { expect, it } from 'vitest'
import type { ToChild, ToParent } from './frame.ts'
import { childLine, parentLine, readChildLine } from './frame-line.ts'
import { parseFrame } from './parse-frame.ts'

const END = { preview: 'a\tb\nc', missingChars: 0, missingLines: 0, hash: 'ff' }

it.each<ToParent>([
  { type: 'turn', cpuMs: 0.012, wallMs: 1.5, calls: [] },
  { type: 'turn', cpuMs: 1, wallMs: 1, calls: [{ id: '1.1', name: 'echo', args: '{"a":"\\tü\\n"}' }] },
  { type: 'turn', cpuMs: 1, wallMs: 1, calls: [], end: END },
  {
    type: 'calls',
    calls: [
      { id: '1.1', name: 'echo', args: '' },
      { id: '1.2', name: 'echo', args: `{"long":"${'x'.repeat(5_000)}"}` },
    ],
  },
  { type: 'print', lines: ['turn\t1\t1', 'x\ny'] },
])('writes a frame to the parent as one line and reads it back: %#', (frame) => {
  const line = parentLine(frame)
  expect(line.indexOf('\n')).toBe(line.length - 1)
  expect(parseFrame(line.slice(0, -1))).toEqual(frame)
})

it.each<ToChild>([
  { type: 'outcome', id: '3.7', ok: true, value: '{"a":"\\t"}', clock: 1_700_000_000_000.5, budgetMs: 3 },
  { type: 'outcome', id: '3.7', ok: false, reason: 'error', message: 'a\tb\nc', clock: 1, budgetMs: 3 },
  { type: 'end' },
])('writes a frame to the child as one line and reads it back: %#', (frame) => {
  const line = childLine(frame)
  expect(line.indexOf('\n')).toBe(line.length - 1)
  expect(readChildLine(line.slice(0, -1))).toEqual(frame)
})

it.each([
  'turn\t1',
  'turn\t-1\t1',
  'turn\tInfinity\t1',
  'turn\t1\t1\t1.1\techo',
  'turn\t1\t1\t1.x\techo\t{}',
  'calls\t1.1',
])('rejects a line that is not a frame: %j', (line) => {
  expect(parseFrame(line)).toBeUndefined()
})
