import type { CommandContext } from '../command/define-command.ts'
import type { DemoOptions } from '../demo/run-demo.ts'

export async function execute(context: CommandContext<object, DemoOptions>): Promise<number> {
  const { runDemo } = await import('../demo/run-demo.ts')
  return runDemo(context)
}
