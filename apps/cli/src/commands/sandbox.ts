import type { Command } from '../frame/command.ts'
import { EXIT } from '../frame/exit-codes.ts'

export const command: Command = {
  words: '',
  count: [0, 0],
  configured: false,
  details: 'Type JavaScript or TypeScript; variables last from one entry to the next. Ctrl-D ends it.',
  options: {},
  async run() {
    const { runSandboxPrompt } = await import('@bailiwick/sandbox')
    await runSandboxPrompt()
    return EXIT.ok
  },
}
