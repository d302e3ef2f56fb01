import { globSync, readFileSync } from 'node:fs'
import { parseSync } from 'oxc-parser'
import { expect, it } from 'vitest'

/** Lines that hold code: neither empty nor comment. */
function codeLines(file: string): number {
  let source = readFileSync(file, 'utf8')
  for (const { start, end } of parseSync(file, source).comments) {
    const blank = source.slice(start, end).replace(/[^\n]/g, ' ')
    source = source.slice(0, start) + blank + source.slice(end)
  }
  return source.split('\n').filter((line) => line.trim() !== '').length
}

function linesIn(pattern: string): number {
  const files = globSync(pattern).map((file) => file.replaceAll('\\', '/'))
  const own = files.filter((file) => !/\.test\.ts$|\/src\/(testing|prompts)\//.test(file))
  return own.reduce((sum, file) => sum + codeLines(file), 0)
}

it('core can be read in one sitting: under 2,000 lines of code without prompts and tests, the loop under 400', () => {
  expect(linesIn('packages/core/src/**/*.ts')).toBeLessThan(2_000)
  expect(linesIn('packages/core/src/loop/*.ts')).toBeLessThan(400)
  expect(linesIn('packages/core/src/loop/*.ts')).toBeGreaterThan(200)
})
