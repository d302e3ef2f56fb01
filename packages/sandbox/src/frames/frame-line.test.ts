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
  { type: 'print', lines: ['turn\t1\t1', 'x\ny', ''] },
  { type: 'ready' },
  { type: 'opened' },
  { type: 'opened', hash: 'ab' },
  { type: 'checkpoint', text: '{"a":"\t"}' },
  { type: 'checkpoint', text: '', refused: 'too\tlong' },
  { type: 'need', names: ['zod', '@a/b'] },
  { type: 'refused', name: 'fs', message: 'may not\nbe imported' },
  { type: 'part', text: 'a\tb\n' },
  { type: 'ended', end: { ...END, final: '{"a":1}' } },
  { type: 'ended', end: { ...END, error: { name: 'Error', message: 'm\t' } } },
  {
    type: 'turn',
    cpuMs: 2,
    wallMs: 3,
    calls: [],
    end: { ...END, error: { name: 'E', message: '', line: 3, column: 7, excerpt: 'x\n^' } },
  },
  { type: 'stopped', reason: 'timeout', message: 'so\tit says' },
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
  'opened\tab',
  `opened\t"${'a'.repeat(65)}"`,
  'part',
  'part\t"a"\t"b"',
  'part\t{"a":1}',
  'need\t["fs"]',
  'print\t1',
  'last\t1\t1\t0\t0\t""',
  'last\t1\t1\t0\t-1\t""\t\t',
  'ended\t0\t0\t[]\t\t',
  'stopped\tmischief\t""',
  '{"type":"ready"}',
  `calls${'\t'.repeat(1_000_000)}`,
  `need${'\t"a"'.repeat(100_000)}`,
  `print${'\t""'.repeat(340_000)}`,
  `refused${'\t""'.repeat(400_000)}`,
  `turn\t1\t1${'\t1.1\techo\t{}'.repeat(70_000)}`,
])('rejects a line that is not a frame: %j', (line) => {
  expect(parseFrame(line)).toBeUndefined()
})
