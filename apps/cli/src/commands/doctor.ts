import { styleText } from 'node:util'
import type { CommandContext } from '../command/define-command.ts'
import { EXIT } from '../command/exit-codes.ts'
import type { DoctorOptions } from '../doctor/check-machine.ts'
import { outputWidth, wrapText } from '../show/wrap-text.ts'

const MARKS = { ok: ['green', '✔'], warning: ['yellow', '!'], problem: ['red', '✘'] } as const

export async function execute(context: CommandContext<object, DoctorOptions>): Promise<number> {
  const { checkMachine } = await import('../doctor/check-machine.ts')
  const findings = await checkMachine(context)
  if (context.json) {
    context.print(JSON.stringify({ findings }))
  } else {
    const width = outputWidth()
    for (const { what, state, found, advice } of findings) {
      const [color, mark] = MARKS[state]
      const indent = ' '.repeat(17)
      const text = wrapText(`${indent}${found}`, width).trimStart()
      context.print(`${styleText(color, mark, { stream: process.stdout })} ${what.padEnd(14)} ${text}`)
      if (advice !== undefined) {
        context.print(wrapText(advice.replaceAll(/^/gm, '    '), width))
      }
    }
  }
  return findings.some(({ state }) => state === 'problem') ? EXIT.error : EXIT.ok
}
