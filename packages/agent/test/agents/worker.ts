import { appendFile, readFile } from 'node:fs/promises'
import { defineAgent, defineTool } from '@bailiwick/core'
import { z } from 'zod'

/** The file that the test reads. */
const marks = process.env.MARKS ?? ''

/** Appends a line so that the test can count the calls. */
const mark = defineTool({
  name: 'mark',
  description: 'Leaves a mark.',
  input: z.object({ line: z.string() }),
  effect: 'once',
  async run({ line }) {
    await appendFile(marks, `${line}\n`)
    return line.length
  },
})

/** Waits for the test to write `open` into the file. */
const gate = defineTool({
  name: 'gate',
  description: 'Waits.',
  input: z.object({}),
  effect: 'none',
  async run(_, { signal }) {
    await appendFile(marks, 'waiting\n')
    while (!(await readFile(marks, 'utf8')).includes('open')) {
      signal.throwIfAborted()
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
    return 'opened'
  },
})

export default defineAgent({
  name: 'worker',
  description: 'Follows the script of a test.',
  level: 5,
  tools: [mark, gate],
})
