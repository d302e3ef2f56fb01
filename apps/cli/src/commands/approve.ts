import { CALL_DETAILS, decideCall, TASK_OPTION } from '../daemon/decide-call.ts'
import type { Command } from '../frame/command.ts'
import { EXIT } from '../frame/exit-codes.ts'

export const command: Command = {
  words: '<run> [<call>]',
  count: [1, 2],
  details: CALL_DETAILS,
  options: TASK_OPTION,
  async run(context) {
    await decideCall(context, { decision: 'approve' })
    return EXIT.ok
  },
}
