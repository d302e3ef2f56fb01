import type { CommandContext } from '../command/define-command.ts'
import { EXIT } from '../command/exit-codes.ts'
import { decideCall } from '../daemon/decide-call.ts'

interface Args {
  run: string
  call: string | undefined
}

interface Options {
  task: string | undefined
  reason: string | undefined
}

export async function execute(context: CommandContext<Args, Options>): Promise<number> {
  const { task, reason } = context.options
  await decideCall(
    context,
    { ...context.args, task },
    { decision: 'reject', ...(reason !== undefined && { reason }) },
  )
  return EXIT.ok
}
