import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { expect, it, vi } from 'vitest'
import { useBubblewrap } from '../src/testing/use-bubblewrap.ts'

await useBubblewrap()

it('runs the example of the README', async () => {
  const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8')
  const code = /```ts\n([\s\S]*?)```/.exec(readme)?.[1]
  if (code === undefined) throw new Error('The README has no example.')
  const file = new URL('./readme.example.ts', import.meta.url)
  const log = vi.spyOn(console, 'log').mockImplementation(() => {})
  writeFileSync(file, code.replace("'@bailiwick/sandbox'", "'../src/index.ts'"))
  try {
    await import(file.href)
    expect(log.mock.calls).toEqual([['ok', 'timeout', '42']])
  } finally {
    rmSync(file)
    log.mockRestore()
  }
})
