import type { CommandContext } from '../command/define-command.ts'
import { EXIT } from '../command/exit-codes.ts'
import { decideCall } from '../daemon/decide-call.ts'

interface Args {
  run: string
  call: string | undefined
}

export async function execute(context: CommandContext<Args, { task: string | undefined }>): Promise<number> {
  await decideCall(context, { ...context.args, ...context.options }, { decision: 'approve' })
  return EXIT.ok
}
