import type { CommandContext } from '../command/define-command.ts'
import type { EvalOptions } from '../eval/read-order.ts'

export async function execute(context: CommandContext<{ dataset: string }, EvalOptions>): Promise<number> {
  const { readOrder } = await import('../eval/read-order.ts')
  const order = readOrder(context.args.dataset, context.options, context.cwd)
  const { evaluate } = await import('../eval/evaluate.ts')
  return evaluate(context, order)
}
