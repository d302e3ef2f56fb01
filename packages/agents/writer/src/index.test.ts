import { agentCard, NO_USAGE } from '@bailiwick/core'
import { tryTask } from '@bailiwick/core/testing'
import { expect, it } from 'vitest'
import writer from './index.ts'

it('only writes: no tools, no code, nobody to start', () => {
  expect(agentCard(writer)).toMatchObject({ name: 'writer', level: 0, tools: [], delegates: [], imports: [] })
})

it('has figures filled in, and is told of those that it retyped or made up', async () => {
  const { result, requests } = await tryTask(
    writer,
    [
      'Since 2012 the wettest season was spring 2014 with {{t1.output.wettest.snow:0}} mm.',
      'Since 2012 the wettest season was {{t1.output.wettest.name}} with {{t1.output.wettest.rain:0}} mm.',
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
  const told = requests[1]?.messages.at(-1)?.content ?? ''
  expect(told).toContain('{{t1.output.wettest.snow:0}} does not resolve')
  expect(told).toContain('the figure 2014 must be a reference')
  expect(told).not.toContain('the figure 2012')
})
