import { expect, it } from 'vitest'
import { scratch } from '../testing/scratch.ts'
import { describeAgent } from './describe-agent.ts'

const { signal } = new AbortController()

it('names an import that is not installed', async () => {
  await using place = await scratch()
  const definition = `{ name: 'x', description: 'x', level: 5, imports: ['not-there'] }`
  const file = await place.write('x.mjs', `export default ${definition}`)
  await expect(describeAgent({ spec: './x.mjs', file, folder: place.folder }, signal)).rejects.toThrow(
    /Cannot use agent "\.\/x\.mjs": .*not-there/,
  )
})
