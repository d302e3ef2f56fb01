import type { Command } from '../frame/command.ts'
import { EXIT } from '../frame/exit-codes.ts'

export const command: Command = {
  words: '',
  count: [0, 0],
  details:
    'Tells what was found: Node, nats-server, models, isolation, the team. Exit code 1 where something is missing.',
  options: {
    'fetch-bubblewrap': {
      type: 'boolean',
      help: 'get bubblewrap into the cache (Debian, Ubuntu; no root)',
    },
  },
  async run(context) {
    const { checkMachine } = await import('../doctor/check-machine.ts')
    const findings = await checkMachine(context)
    if (context.json) {
      context.print(JSON.stringify({ findings }))
    } else {
      const { styleText } = await import('node:util')
      const mark = { ok: ['green', '✔'], warning: ['yellow', '!'], problem: ['red', '✘'] } as const
      for (const { what, state, found, advice } of findings) {
        const [color, sign] = mark[state]
        context.print(`${styleText(color, sign, { stream: process.stdout })} ${what.padEnd(14)} ${found}`)
        if (advice !== undefined) context.print(`    ${advice.replaceAll('\n', '\n    ')}`)
      }
    }
    return findings.some(({ state }) => state === 'problem') ? EXIT.error : EXIT.ok
  },
}
