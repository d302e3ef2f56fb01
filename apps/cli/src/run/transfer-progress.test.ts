import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { TransferProgress } from './transfer-progress.ts'

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

function screen(isTerminal: boolean) {
  const notes: string[] = []
  const shown: (string | undefined)[] = []
  return {
    notes,
    shown,
    isTerminal,
    note: (line: string) => void notes.push(line),
    status: (text: string | undefined) => void shown.push(text),
  }
}

it('shows a bar on a terminal, and removes it at the end', () => {
  const terminal = screen(true)
  {
    using progress = new TransferProgress(terminal, 'Uploading', [{ size: 75e6 }, { size: 25e6 }])
    vi.advanceTimersByTime(2_000)
    progress.update(50e6)
  }
  expect(terminal.shown).toEqual([
    'Uploading [############............] 50%, 50.0 MB of 100.0 MB, 25.0 MB/s',
    undefined,
  ])
  expect(terminal.notes).toEqual([])
})

it('prints a line every two seconds elsewhere, even if nothing moves, until the end', () => {
  const log = screen(false)
  using progress = new TransferProgress(log, 'Downloading', [{ size: 100e6 }])
  for (const second of [1, 2, 3]) {
    vi.advanceTimersByTime(1_000)
    progress.update(second * 10e6)
  }
  vi.advanceTimersByTime(3_000)
  expect(log.notes).toEqual([
    'Downloading: 10%, 10.0 MB of 100.0 MB, 5.0 MB/s',
    'Downloading: 30%, 30.0 MB of 100.0 MB, 7.5 MB/s',
    'Downloading: 30%, 30.0 MB of 100.0 MB, 5.0 MB/s',
  ])
  progress.end()
  vi.advanceTimersByTime(10_000)
  expect(log.notes).toHaveLength(3)
})

it('prints nothing for a short transfer, and nothing without files', () => {
  const log = screen(false)
  for (const files of [[{ size: 10 }], []]) {
    using progress = new TransferProgress(log, 'Uploading', files)
    if (files.length === 0) vi.advanceTimersByTime(10_000)
    progress.update(10)
  }
  expect(log.notes).toEqual([])
})

it('counts a file that has grown', () => {
  const terminal = screen(true)
  using progress = new TransferProgress(terminal, 'Uploading', [{ size: 10 }])
  vi.advanceTimersByTime(1_000)
  progress.update(20)
  expect(terminal.shown[0]).toContain('100%, 20 bytes of 20 bytes')
})
