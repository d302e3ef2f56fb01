import type { Command } from '../frame/command.ts'
import { EXIT } from '../frame/exit-codes.ts'

export const command: Command = {
  words: '<run>',
  count: [1, 1],
  details:
    'Its tasks, what each used, and the answer. With --out the answer and the files are written there.',
  options: {
    out: { type: 'string', short: 'o', value: 'dir', help: 'folder for the answer and the files' },
    task: {
      type: 'string',
      short: 't',
      value: 'name',
      help: 'by its name in the plan or its id; "run": its own',
    },
  },
  async run(context) {
    const [run = ''] = context.words
    const { withDaemon } = await import('../daemon/use-daemon.ts')
    const { requestRun } = await import('@bailiwick/bus')
    return withDaemon(context, async (bus) => {
      const view = await requestRun(bus, 'get', { run })
      const { out, task } = context.options
      if (typeof task === 'string') {
        const { journalLines, unreadableLines } = await import('../show/journal-lines.ts')
        const id = view.tasks.findLast(({ name }) => name === task)?.task ?? task
        const { records, unreadable } = await requestRun(bus, 'journal', { run, task: id })
        if (context.json) for (const record of records) context.print(JSON.stringify(record))
        else for (const line of records.flatMap(journalLines)) context.print(line)
        for (const line of unreadable.flatMap(unreadableLines)) context.note(line)
        return EXIT.ok
      }
      if (typeof out === 'string') {
        const { resolve } = await import('node:path')
        const { makeFolder } = await import('@bailiwick/coordinator/config/make-folder')
        const { writeOutputs } = await import('../run-task/write-outputs.ts')
        const folder = resolve(context.cwd, out)
        makeFolder(folder, '--out')
        const files = await writeOutputs(bus, view, folder)
        context.print(
          context.json ? JSON.stringify({ out: folder, files }) : `${folder}: ${files.join(', ')}`,
        )
        return EXIT.ok
      }
      if (context.json) {
        context.print(JSON.stringify(view))
        return EXIT.ok
      }
      const { viewLines } = await import('../show/view-lines.ts')
      for (const line of viewLines(view, Date.now())) context.print(line)
      return EXIT.ok
    })
  },
}
