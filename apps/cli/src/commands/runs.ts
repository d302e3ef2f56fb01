import type { CommandContext } from '../command/define-command.ts'
import { EXIT } from '../command/exit-codes.ts'
import { UsageError } from '../command/usage-error.ts'

/** Characters of the task that a list shows. */
const MAX_TEXT = 60
const MIN_TEXT = 15

export async function execute(
  context: CommandContext<object, { limit: string | undefined }>,
): Promise<number> {
  const limit = Number(context.options.limit ?? 20)
  if (!Number.isInteger(limit) || limit < 1 || limit > 1_000) {
    throw new UsageError(`--limit: expected a number from 1 to 1000, found "${context.options.limit}".`)
  }
  const { withDaemon } = await import('../daemon/use-daemon.ts')
  const { requestRun } = await import('@bailiwick/bus')
  const { runs } = await withDaemon(context, (bus) => requestRun(bus, 'list', { limit }))
  if (context.json) {
    context.print(JSON.stringify({ runs }))
    return EXIT.ok
  }
  const { visibleLine } = await import('@bailiwick/contract')
  const { duration } = await import('../show/format.ts')
  const { outputWidth } = await import('../show/wrap-text.ts')
  const width = outputWidth()
  for (const { run, status, text, submittedAt, endedAt } of runs) {
    const took = duration((endedAt ?? Date.now()) - submittedAt)
    const at = new Date(submittedAt).toISOString().slice(0, 19).replace('T', ' ')
    const task = visibleLine(text.replaceAll(/\s+/g, ' ')).slice(0, MAX_TEXT)
    const columns = `${run}  ${status.padEnd(14)}  ${at}  ${took.padStart(10)}  `
    const lines =
      width < columns.length + MIN_TEXT
        ? [`${run}  ${status}`, `  ${at}  ${took}`, `  ${task}`]
        : [columns + task]
    for (const line of lines) context.print(line.slice(0, width))
  }
  if (runs.length === 0) context.note('No runs yet.')
  return EXIT.ok
}
