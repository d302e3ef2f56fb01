import type { DemoOptions } from '../demo/run-demo.ts'
import type { CommandContext } from '../program/command.ts'

export async function execute(context: CommandContext<object, DemoOptions>): Promise<number> {
  const { runDemo } = await import('../demo/run-demo.ts')
  return runDemo(context)
}
