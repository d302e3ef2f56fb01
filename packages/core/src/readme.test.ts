import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { expect, it, vi } from 'vitest'

it('the code of the README runs and does what it says', async () => {
  const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8')
  const code = /```ts\n([\s\S]*?)```/.exec(readme)?.[1]
  if (code === undefined) throw new Error('the README has no example')
  const here = code
    .replaceAll("'@bailiwick/core/testing'", "'./testing/index.ts'")
    .replaceAll("'@bailiwick/core'", "'./index.ts'")
  const file = new URL('./readme.example.ts', import.meta.url)
  const printed: unknown[] = []
  const log = vi.spyOn(console, 'log').mockImplementation((line) => void printed.push(line))
  writeFileSync(file, here)
  try {
    await import(file.href)
  } finally {
    rmSync(file)
    log.mockRestore()
  }
  expect(printed).toEqual([
    'task.created',
    'attempt',
    'reply',
    'started',
    'outcome',
    'observed',
    'reply',
    'observed',
    'task.ended',
  ])
})
