import { defineAgent } from '@bailiwick/core'
import { scriptedModel } from '@bailiwick/core/testing'
import { expect, it } from 'vitest'
import { Models } from './models.ts'

it('uses the operator’s choice for every purpose', async () => {
  const definition = defineAgent({
    name: 'thinker',
    description: 'Thinks.',
    level: 3,
    model: 'fast',
    models: { plan: scriptedModel(() => 'from the package') },
  })
  const models = new Models({})
  const request = { messages: [], purpose: 'plan' as const, lane: { agent: 'thinker', task: 't1', step: 1 } }
  const planned = async (chosen?: string) => {
    const { signal } = new AbortController()
    for await (const event of models.of(definition, chosen).generate(request, { signal })) {
      if (event.type === 'reply') return event.reply.text
    }
    return undefined
  }
  expect(await planned()).toBe('from the package')
  expect(await planned('fast')).toBe('from the package')
  await expect(planned('no-such-alias')).rejects.toThrow('no-such-alias')
})
