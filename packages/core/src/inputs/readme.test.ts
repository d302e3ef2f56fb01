import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { describeInput } from './index.ts'

it('the README shows what its example prints', () => {
  const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8')
  const shown = [...readme.matchAll(/^\/\/ (.*)$/gm)].map(([, line]) => line).join('\n')
  const text = 'day,mm\n2024-01-01,3.5\n2024-01-02,\n'
  expect(readme).toContain(JSON.stringify(text).slice(1, -1))
  expect(describeInput('rain', { text, mediaType: 'text/csv' })).toBe(shown)
})
