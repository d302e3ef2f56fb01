import type { Command } from '../frame/command.ts'

export const command: Command = {
  words: '[<run>] <task>',
  count: [1, 2],
  details:
    'A new run, whose one task begins with the records of the other up to --at: its replies are not asked for again, its calls not made again, and its world is rebuilt. What follows is new. The task is named as in the plan of its run, or by its id, which needs no run.',
  options: {
    at: { type: 'string', value: 'step', help: 'the last step to keep; 0 keeps none' },
    model: { type: 'string', value: 'provider/model', help: 'another model from there on' },
    out: { type: 'string', short: 'o', value: 'dir', help: 'folder for the answer and the files' },
  },
  async run(context) {
    const { options, words, cwd } = context
    const { UsageError } = await import('../frame/usage-error.ts')
    const at = Number(options.at ?? Number.NaN)
    if (!Number.isInteger(at) || at < 0) {
      throw new UsageError(`--at: wanted the number of a step, got ${String(options.at ?? 'nothing')}`)
    }
    const { readConfig, withDaemon } = await import('../daemon/use-daemon.ts')
    const { readTaskJournal } = await import('../daemon/read-task-journal.ts')
    const config = await readConfig(context)
    const { run, task, agent, text } = await withDaemon(context, (bus) => readTaskJournal(bus, words))
    const { resolve } = await import('node:path')
    const { runTask } = await import('../run-task/run-task.ts')
    const fork = { run, task, at, ...(typeof options.model === 'string' && { model: options.model }) }
    return runTask(
      context,
      { dataDir: config.dataDir, config: config.file, cwd: config.folder, env: context.env },
      {
        text,
        files: [],
        agent,
        fork,
        out: typeof options.out === 'string' ? resolve(cwd, options.out) : undefined,
      },
    )
  },
}
