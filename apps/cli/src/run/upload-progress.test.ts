import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { UploadProgress } from './upload-progress.ts'

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date'] })
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
    using progress = new UploadProgress(terminal, [{ size: 75e6 }, { size: 25e6 }])
    vi.advanceTimersByTime(2_000)
    progress.update(50e6)
  }
  expect(terminal.shown).toEqual([
    'Uploading [############............] 50%, 50.0 MB of 100.0 MB, 25.0 MB/s',
    undefined,
  ])
  expect(terminal.notes).toEqual([])
})

it('prints a line every few seconds elsewhere, and none for a short upload', () => {
  const log = screen(false)
  using progress = new UploadProgress(log, [{ size: 100e6 }])
  for (let second = 1; second <= 7; second += 1) {
    vi.advanceTimersByTime(1_000)
    progress.update(second * 10e6)
  }
  expect(log.notes).toEqual([
    'Uploading: 30%, 30.0 MB of 100.0 MB, 10.0 MB/s',
    'Uploading: 60%, 60.0 MB of 100.0 MB, 10.0 MB/s',
  ])
})

it('counts a file that has grown', () => {
  const terminal = screen(true)
  using progress = new UploadProgress(terminal, [{ size: 10 }])
  vi.advanceTimersByTime(1_000)
  progress.update(20)
  expect(terminal.shown[0]).toContain('100%, 20 bytes of 20 bytes')
})
