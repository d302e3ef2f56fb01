import { agentCard, memoryJournal, runLoop } from '@bailiwick/core'
import { NO_USAGE, type TaskSpec } from '@bailiwick/core/contract'
import { scriptedModel } from '@bailiwick/core/testing'
import { expect, it } from 'vitest'
import writer from './index.ts'

const spec: TaskSpec = {
  run: 'r1',
  task: 'r1-answer',
  agent: 'writer',
  name: 'answer',
  text: 'Report on the seasons since 2012.',
  inputs: [],
  results: {
    t1: {
      status: 'completed',
      output: { wettest: { name: 'spring 2014', rain: 425.68 } },
      usage: NO_USAGE,
      artifacts: [],
    },
  },
  grant: { level: 0, tools: [], delegates: [], imports: [], budget: {}, approval: 'never' },
  seed: 's',
  depth: 0,
}

it('only writes: no tools, no code, nobody to start', () => {
  expect(agentCard(writer)).toMatchObject({ name: 'writer', level: 0, tools: [], delegates: [], imports: [] })
})

it('has figures filled in, and is told of those that it retyped or made up', async () => {
  const model = scriptedModel([
    'Since 2012 the wettest season was spring 2014 with {{t1.output.wettest.snow:0}} mm.',
    'Since 2012 the wettest season was {{t1.output.wettest.name}} with {{t1.output.wettest.rain:0}} mm.',
  ])
  const texts: unknown[] = []
  for await (const event of runLoop({
    definition: writer,
    spec,
    journal: memoryJournal(),
    tools: [],
    model,
  })) {
    if (event.type === 'record' && event.record.type === 'task.ended') texts.push(event.record.result.output)
  }
  expect(texts).toEqual(['Since 2012 the wettest season was spring 2014 with 426 mm.'])
  const told = model.requests[1]?.messages.at(-1)?.content ?? ''
  expect(told).toContain('{{t1.output.wettest.snow:0}} does not resolve')
  expect(told).toContain('the figure 2014 must be a reference')
  expect(told).not.toContain('the figure 2012')
})
