import type { CommandContext } from '../command/define-command.ts'
import { EXIT } from '../command/exit-codes.ts'

interface Args {
  run: string
  task: string | undefined
}

export async function execute(context: CommandContext<Args>): Promise<number> {
  const { readConfig, withDaemon } = await import('../daemon/use-daemon.ts')
  const { readTaskJournal } = await import('../daemon/read-task-journal.ts')
  const { records, agent } = await withDaemon(context, (bus) => readTaskJournal(bus, context.args))
  const { loadTeam } = await import('@bailiwick/coordinator/team/load-team')
  const { replayTask } = await import('@bailiwick/core/world')
  const { createSandbox } = await import('@bailiwick/sandbox')
  const team = await loadTeam(await readConfig(context), context.signal)
  const member = team.find(({ card }) => card.name === agent)
  await using sandbox = await createSandbox()
  let diverged = false
  const checkpoints = records.filter(({ type }) => type === 'step.checkpointed').length
  if (checkpoints > 0) {
    const count = `${checkpoints} ${checkpoints === 1 ? 'checkpoint' : 'checkpoints'}`
    context.note(`Executing every step; ${count} not used.`)
  }
  const steps = replayTask({
    records,
    sandbox,
    ...(member && { importsFrom: member.folder }),
    signal: context.signal,
  })
  for await (const { step, status, message, turns, ms, printed, preview } of steps) {
    diverged ||= status === 'diverged'
    if (context.json) {
      context.print(JSON.stringify({ step, status, message, turns, ms, printed, preview }))
      continue
    }
    const count = `${turns} ${turns === 1 ? 'turn' : 'turns'}`
    context.print(
      `step ${step}: ${status}, ${count}, ${ms.toFixed(0)} ms${message ? `\n  ${message.replaceAll('\n', '\n    ')}` : ''}`,
    )
  }
  return diverged ? EXIT.error : EXIT.ok
}
