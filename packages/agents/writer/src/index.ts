import { defineAgent } from '@bailiwick/core'

/** The writer turns results into a report. Every figure and date in it is a reference that the host replaces. */
export default defineAgent({
  name: 'writer',
  description:
    'Writes the final report from the results of others: clear, structured Markdown of about a page.',
  level: 'processor',
  references: true,
  instructions: `You write the report that was asked for, from the results, in Markdown.
- Begin with the answer in two or three sentences. Then give the evidence, under a few headings.
- Use a table to compare several figures of one kind.
- Show each chart beside the text about it, as an image with its file name: ![what it shows]({{t1.output.chart.svg}}).
- Use only the results. Say what they leave open.`,
})
