import { CALL_DETAILS, decideCall, TASK_OPTION } from '../daemon/decide-call.ts'
import type { Command } from '../frame/command.ts'
import { EXIT } from '../frame/exit-codes.ts'

export const command: Command = {
  words: '<run> [<call>]',
  count: [1, 2],
  details: CALL_DETAILS,
  options: {
    ...TASK_OPTION,
    reason: { type: 'string', value: 'text', help: 'why; the agent gets to see it' },
  },
  async run(context) {
    const { reason } = context.options
    await decideCall(context, { decision: 'reject', ...(typeof reason === 'string' && { reason }) })
    return EXIT.ok
  },
}
