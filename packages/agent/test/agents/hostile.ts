import { defineAgent, defineTool } from '@bailiwick/core'
import { z } from 'zod'
import { tools } from '../../../sandbox/test/hostile/tools.ts'

/** Runs the code of the sandbox's hostile corpus, with the functions that it calls. Its limits are short. */
export default defineAgent({
  name: 'hostile',
  description: 'Runs hostile code.',
  level: 5,
  limits: { wallMs: 250, waitMs: 350, cpuMs: 2_000, memoryMb: 48, residentMb: 400 },
  tools: Object.entries(tools).map(([name, run]) =>
    defineTool({
      name,
      description: `The function ${name} of the corpus.`,
      input: z.looseObject({}),
      effect: 'none',
      run: async (args) => run(args),
    }),
  ),
})
