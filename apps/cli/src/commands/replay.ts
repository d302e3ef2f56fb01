import type { Command } from '../frame/command.ts'
import { EXIT } from '../frame/exit-codes.ts'

export const command: Command = {
  words: '[<run>] <task>',
  count: [1, 2],
  details:
    'In a sandbox of its own, on the recorded inputs: no model is asked, no tool is called. The task is named as in the plan of its run, or by its id, which needs no run. Exit code 1 where a step goes another way than it went.',
  options: {},
  async run(context) {
    const { readConfig, withDaemon } = await import('../daemon/use-daemon.ts')
    const { readTaskJournal } = await import('../daemon/read-task-journal.ts')
    const { records, agent } = await withDaemon(context, (bus) => readTaskJournal(bus, context.words))
    const { loadTeam } = await import('@bailiwick/coordinator/team/load-team')
    const { replayTask } = await import('@bailiwick/core/world')
    const { createSandbox } = await import('@bailiwick/sandbox')
    const team = await loadTeam(await readConfig(context), context.signal)
    const member = team.find(({ card }) => card.name === agent)
    await using sandbox = await createSandbox()
    let diverged = false
    const left = records.filter(({ type }) => type === 'step.checkpointed').length
    if (left > 0) {
      context.note(`every step is executed: ${left} ${left === 1 ? 'checkpoint' : 'checkpoints'} left aside`)
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
  },
}
