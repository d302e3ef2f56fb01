import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'

const page = readFileSync(new URL('./follow-a-run.md', import.meta.url), 'utf8')
const hops = [...page.matchAll(/^\| .+ \| `(.+)` \| `(.+)` \|$/gm)].map(([, file = '', name = '']) => ({
  file,
  name,
}))

it('has a hop for every row', () => {
  expect(hops.length).toBeGreaterThan(30)
})

it.each(hops)('names a function that exists: $name in $file', ({ file, name }) => {
  const source = readFileSync(new URL(`../${file}`, import.meta.url), 'utf8')
  expect(source).toMatch(new RegExp(`(function\\*?|async|^ {2})\\s*${name}[(<]`, 'm'))
})
