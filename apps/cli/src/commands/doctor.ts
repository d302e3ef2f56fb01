import { styleText } from 'node:util'
import type { CommandContext } from '../command/define-command.ts'
import { EXIT } from '../command/exit-codes.ts'
import type { DoctorOptions } from '../doctor/check-machine.ts'

const MARKS = { ok: ['green', '✔'], warning: ['yellow', '!'], problem: ['red', '✘'] } as const

export async function execute(context: CommandContext<object, DoctorOptions>): Promise<number> {
  const { checkMachine } = await import('../doctor/check-machine.ts')
  const findings = await checkMachine(context)
  if (context.json) {
    context.print(JSON.stringify({ findings }))
  } else {
    for (const { what, state, found, advice } of findings) {
      const [color, mark] = MARKS[state]
      context.print(`${styleText(color, mark, { stream: process.stdout })} ${what.padEnd(14)} ${found}`)
      if (advice !== undefined) context.print(`    ${advice.replaceAll('\n', '\n    ')}`)
    }
  }
  return findings.some(({ state }) => state === 'problem') ? EXIT.error : EXIT.ok
}
