import { agentCard, explainAgent } from '@bailiwick/core'
import { expect, it } from 'vitest'
import analyst from './index.ts'

it('has level 5, the tools of the toolbox and three packages to import', () => {
  expect(agentCard(analyst)).toMatchObject({
    name: 'analyst',
    level: 5,
    tools: ['listFiles', 'readFile', 'queryTable', 'drawChart', 'writeArtifact'],
    imports: ['arquero', 'simple-statistics', 'd3-array'],
  })
  expect(explainAgent(analyst)).toContain('level      5 (code)')
})

it('has instructions that fit every level', () => {
  expect(analyst.instructions).not.toMatch(/\b(code|JSON|JavaScript|function|import|await|finalAnswer)\b/i)
})
