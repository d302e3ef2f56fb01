import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { expect, it } from 'vitest'

it.runIf(existsSync('/usr/bin/apt-get'))('runs the example of the README', async () => {
  const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8')
  const code = /```ts\n([\s\S]*?)```/.exec(readme)?.[1]
  if (code === undefined) throw new Error('expected an example in the README, found none')
  const file = new URL('./readme.example.ts', import.meta.url)
  writeFileSync(file, `${code.replace("'@bailiwick/debian'", "'./index.ts'")}\nexport { path, scratch }\n`)
  const { path, scratch } = await import(file.href).finally(() => rmSync(file))
  try {
    expect(path.startsWith(scratch)).toBe(true)
    expect(execFileSync(path, ['--version'], { encoding: 'utf8' })).toMatch(/^bubblewrap 0\./)
  } finally {
    rmSync(scratch, { recursive: true })
  }
})
