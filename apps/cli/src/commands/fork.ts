import type { CommandContext } from '../command/define-command.ts'
import { UsageError } from '../command/usage-error.ts'

interface Args {
  run: string
  task: string | undefined
}

interface Options {
  at: string | undefined
  model: string | undefined
  out: string | undefined
}

export async function execute(context: CommandContext<Args, Options>): Promise<number> {
  const { args, options, cwd } = context
  const at = Number(options.at ?? Number.NaN)
  if (!Number.isInteger(at) || at < 0) {
    const found = options.at === undefined ? 'nothing' : `"${options.at}"`
    throw new UsageError(
      `--at: expected the number of a step, found ${found}. "bailiwick show" lists the steps.`,
    )
  }
  const { readConfig, withDaemon } = await import('../daemon/use-daemon.ts')
  const { readTaskJournal } = await import('../daemon/read-task-journal.ts')
  const { runTask } = await import('../run/run-task.ts')
  const { openOutFolder } = await import('../run/out-folder.ts')
  const out = options.out === undefined ? undefined : await openOutFolder(options.out, cwd)
  const config = await readConfig(context)
  const { run, task, agent, text } = await withDaemon(context, (bus) => readTaskJournal(bus, args))
  return runTask(
    context,
    { dataDir: config.dataDir, config: config.file, cwd: config.folder, env: context.env },
    {
      text,
      files: [],
      agent,
      fork: { run, task, at, ...(options.model !== undefined && { model: options.model }) },
      out,
    },
  )
}
