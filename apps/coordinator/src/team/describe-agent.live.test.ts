import { expect, it } from 'vitest'
import { scratch } from '../testing/scratch.ts'
import { describeAgent, describeAgents } from './describe-agent.ts'

const { signal } = new AbortController()

it('names an import that is not installed', async () => {
  await using place = await scratch()
  const definition = `{ name: 'x', description: 'x', level: 5, imports: ['not-there'] }`
  const file = await place.write('x.mjs', `export default ${definition}`)
  await expect(describeAgent({ spec: './x.mjs', file, folder: place.folder }, signal)).rejects.toThrow(
    /Cannot use agent "\.\/x\.mjs": .*not-there/,
  )
})

it('describes all agents of a folder in one process, and one that ends it in a process of its own', async () => {
  await using place = await scratch()
  const text = (name: string) =>
    `export default { name: '${name}', description: String(process.pid), level: 0 }`
  const found = async (name: string, before = '') => ({
    spec: `./${name}.mjs`,
    file: await place.write(`${name}.mjs`, before + text(name)),
    folder: place.folder,
  })
  const agents = await Promise.all(['one', 'two', 'three'].map((name) => found(name)))
  const described = await describeAgents(agents, signal)
  expect(described.map(({ card }) => card.name)).toEqual(['one', 'two', 'three'])
  expect(new Set(described.map(({ card }) => card.description)).size).toBe(1)
  // It ends a process in which another agent was loaded before it.
  const once = `if (globalThis.loaded) process.exit(1)\nglobalThis.loaded = true\n`
  const selfish = await Promise.all(['four', 'five'].map((name) => found(name, once)))
  const apart = await describeAgents([...agents, ...selfish], signal)
  expect(apart.map(({ card }) => card.name)).toEqual(['one', 'two', 'three', 'four', 'five'])
  const broken = await found('six', 'process.exit(3)\n')
  await expect(describeAgents([...agents, broken], signal)).rejects.toThrow(
    /Cannot use agent "\.\/six\.mjs": it exited with 3/,
  )
})
