import type { Bus, RunDetails } from '@bailiwick/bus'
import type { CommandContext } from '../command/define-command.ts'
import { EXIT } from '../command/exit-codes.ts'

interface Options {
  out: string | undefined
  task: string | undefined
}

export async function execute(context: CommandContext<{ run: string }, Options>): Promise<number> {
  const { run } = context.args
  const { out, task } = context.options
  const { withDaemon } = await import('../daemon/use-daemon.ts')
  const { requestRun } = await import('@bailiwick/bus')
  const { openOutFolder } = await import('../run/out-folder.ts')
  const folder = out === undefined || task !== undefined ? undefined : await openOutFolder(out, context.cwd)
  return withDaemon(context, async (bus) => {
    const details = await requestRun(bus, 'get', { run })
    if (task !== undefined) await showJournal(context, bus, details, task)
    else if (folder !== undefined) await writeFiles(context, bus, details, folder)
    else if (context.json) context.print(JSON.stringify(details))
    else {
      const { runLines } = await import('../show/run-lines.ts')
      for (const line of runLines(details, Date.now())) context.print(line)
    }
    return EXIT.ok
  })
}

async function showJournal(
  context: CommandContext,
  bus: Bus,
  details: RunDetails,
  task: string,
): Promise<void> {
  const { requestRun } = await import('@bailiwick/bus')
  const { indentRest } = await import('../show/indent-rest.ts')
  const { journalLines, unreadableLines } = await import('../show/journal-lines.ts')
  const id = details.tasks.findLast(({ name }) => name === task)?.task ?? task
  const { records, unreadable } = await requestRun(bus, 'journal', { run: details.run, task: id })
  if (context.json) for (const record of records) context.print(JSON.stringify(record))
  else for (const line of records.flatMap(journalLines)) context.print(indentRest(line))
  for (const line of unreadable.flatMap(unreadableLines)) context.note(indentRest(line))
}

async function writeFiles(
  context: CommandContext,
  bus: Bus,
  details: RunDetails,
  folder: string,
): Promise<void> {
  const { writeOutputs } = await import('../run/outputs.ts')
  const files = await writeOutputs(bus, details, folder, context.note)
  context.print(context.json ? JSON.stringify({ out: folder, files }) : `${folder}: ${files.join(', ')}`)
}
