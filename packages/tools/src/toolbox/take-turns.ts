import type { Tool } from '@bailiwick/contract'
import { MAX_WAITING } from '../child/child-slots.ts'
import { FairSlots } from '../child/fair-slots.ts'
import type { RunFiles } from './run-files.ts'

/** Files that are read or written at a time. Each may be in memory as a whole. */
export const MAX_OPEN_FILES = 8

/** Files that one run may read or write at a time. */
export const MAX_OPEN_FILES_PER_RUN = MAX_OPEN_FILES / 2

const fileSlots = new FairSlots({
  total: MAX_OPEN_FILES,
  perRun: MAX_OPEN_FILES_PER_RUN,
  waiting: MAX_WAITING,
})

/** The tool, with calls that take turns: each holds one of the slots that runs and callers share for files. */
export function takeTurns(tool: Tool, files: RunFiles): Tool {
  return {
    ...tool,
    async run(input, context) {
      using _ = await fileSlots.take(await files.share(context), context.signal)
      return tool.run(input, context)
    },
  }
}
