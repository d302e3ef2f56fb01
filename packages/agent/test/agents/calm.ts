import { defineAgent, defineTool } from '@bailiwick/core'
import { z } from 'zod'

/** Waits for a tool that never returns. Shows how long a cancel takes on a host that has nothing else to do. */
export default defineAgent({
  name: 'calm',
  description: 'Waits.',
  level: 5,
  tools: [
    defineTool({
      name: 'slow',
      description: 'Never returns.',
      input: z.object({}),
      effect: 'none',
      run: () => new Promise(() => {}),
    }),
  ],
})
