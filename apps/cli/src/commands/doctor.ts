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
    for (const { what, state, found, advice } of findings) {
      const [color, mark] = MARKS[state]
      const lines = findingLines(what, found, advice, outputWidth())
      context.print(lines, styleText(color, mark, { stream: process.stdout }))
    }
  }
  return findings.some(({ state }) => state === 'problem') ? EXIT.error : EXIT.ok
}

/** With fewer columns, the finding goes below the name of its check. */
const MIN_WIDTH = 60

function findingLines(what: string, found: string, advice: string | undefined, width: number): string {
  const [gap, indent] = width < MIN_WIDTH ? ['\n    ', 4] : [' '.repeat(15 - what.length), 17]
  const text = wrapText(`${' '.repeat(indent)}${found}`, width).trimStart()
  const advised = advice === undefined ? '' : `\n${wrapText(advice.replaceAll(/^/gm, '    '), width)}`
  return `${what}${gap}${text}${advised}`
}
