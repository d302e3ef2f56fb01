import { decideCall } from '../daemon/decide-call.ts'
import type { CommandContext } from '../program/command.ts'
import { EXIT } from '../program/exit-codes.ts'

interface Args {
  run: string
  call: string | undefined
}

export async function execute(context: CommandContext<Args, { task: string | undefined }>): Promise<number> {
  await decideCall(context, { ...context.args, ...context.options }, { decision: 'approve' })
  return EXIT.ok
}
