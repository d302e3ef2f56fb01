import { agentCard, NO_USAGE } from '@bailiwick/core'
import { tryTask } from '@bailiwick/core/testing'
import { expect, it } from 'vitest'
import writer from './index.ts'

it('has no tools, no code and no delegates', () => {
  expect(agentCard(writer)).toMatchObject({ name: 'writer', level: 0, tools: [], delegates: [], imports: [] })
})

it('gets its references replaced, and the reasons for rejected figures', async () => {
  const { result, requests } = await tryTask(
    writer,
    [
      'Since 2012 the wettest season was spring 2014 with {{t1.wettest.snow:0}} mm.',
      'Since 2012 the wettest season was {{t1.wettest.name}} with {{t1.wettest.rain:0}} mm.',
    ],
    {
      text: 'Report on the seasons since 2012.',
      results: {
        t1: {
          status: 'completed',
          output: { wettest: { name: 'spring 2014', rain: 425.68 } },
          usage: NO_USAGE,
          artifacts: [],
        },
      },
    },
  )
  expect(result.output).toBe('Since 2012 the wettest season was spring 2014 with 426 mm.')
  const feedback = requests[1]?.messages.at(-1)?.content ?? ''
  expect(feedback).toContain('{{t1.wettest.snow:0}} does not resolve; t1.wettest has name, rain')
  expect(feedback).toContain(
    'the figure 2014 must be a reference, not retyped: write {{t1.wettest.name}} ("spring 2014")',
  )
  expect(feedback).not.toContain('the figure 2012')
})
