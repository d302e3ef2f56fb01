import { readFile, writeFile } from 'node:fs/promises'
import { Agent, type AgentOptions, defineTool } from '@bailiwick/agent'
import { drawChart } from '@bailiwick/tools'
import { z } from 'zod'

/** Computes figures and draws a chart: the agent writes code for a table that its prompt shows only in part. */
export async function analyseData(model: AgentOptions['model'], csv: string, chartFile: string) {
  const draw = defineTool({
    name: 'draw',
    description: 'Draws a chart from a Vega-Lite specification with inline data, into a file.',
    input: z.object({ spec: z.looseObject({}) }),
    output: z.object({ file: z.string() }),
    effect: 'idempotent',
    async run({ spec }, { signal }) {
      // The default of 15 s can be too short on a busy machine.
      const { svg } = await drawChart(spec, [], { signal, limits: { timeMs: 60_000 } })
      await writeFile(chartFile, svg)
      return { file: chartFile }
    },
  })
  await using agent = new Agent({
    model,
    tools: [draw],
    imports: ['d3-array'],
    importsFrom: import.meta.dirname,
    output: z.object({
      rows: z.number().int(),
      warmest: z.object({ month: z.string(), celsius: z.number() }),
      coldest: z.object({ month: z.string(), celsius: z.number() }),
      chart: z.string(),
    }),
  })
  return await agent.run(
    'Which month was the warmest and which the coldest, by mean daily maximum? Draw the monthly means as a line.',
    { inputs: { weather: csv } },
  )
}

if (import.meta.main) {
  const csv = await readFile(new URL('../../apps/cli/demo/seattle-weather.csv', import.meta.url), 'utf8')
  console.log(await analyseData(process.argv[2], csv, 'months.svg'))
}
