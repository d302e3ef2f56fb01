import { EXIT } from '../command/exit-codes.ts'

export async function execute(): Promise<number> {
  const { runSandboxPrompt } = await import('@bailiwick/sandbox')
  await runSandboxPrompt()
  return EXIT.ok
}
