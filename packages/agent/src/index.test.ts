import { readFile } from 'node:fs/promises'
import { expect, it } from 'vitest'

it('exports at most twelve names', async () => {
  const source = await readFile(new URL('./index.ts', import.meta.url), 'utf8')
  const names = [...source.matchAll(/^export (?:type )?\{([^}]*)\}/gm)].flatMap(([, list = '']) =>
    list.split(','),
  )
  expect(source).not.toContain('export *')
  expect(names.length).toBeGreaterThan(3)
  expect(names.length).toBeLessThanOrEqual(12)
})
