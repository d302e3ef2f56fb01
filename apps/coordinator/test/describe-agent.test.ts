import { expect, it } from 'vitest'
import { describeAgent } from '../src/team/describe-agent.ts'
import { scratch } from '../src/testing/scratch.ts'

const { signal } = new AbortController()

it('says which of its imports is not installed', async () => {
  await using place = await scratch()
  const definition = `{ name: 'x', description: 'x', level: 5, imports: ['not-there'] }`
  const file = await place.write('x.mjs', `export default ${definition}`)
  await expect(describeAgent({ spec: './x.mjs', file, folder: place.folder }, signal)).rejects.toThrow(
    /agent "\.\/x\.mjs" cannot be used: .*not-there/,
  )
})
