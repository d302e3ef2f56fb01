import type { Bus, RunDetails, RunTask } from '@bailiwick/bus'
import { hasCode, InputError, type JournalRecord, unknownName } from '@bailiwick/contract'
import type { RebuiltRequest } from '@bailiwick/core'
import type { CommandContext } from '../command/define-command.ts'
import { EXIT } from '../command/exit-codes.ts'

interface Args {
  run: string
  task: string | undefined
  step: string | undefined
}

interface Options {
  agent: string | undefined
}

export async function execute(context: CommandContext<Args, Options>): Promise<number> {
  const { readConfig, withDaemon } = await import('../daemon/use-daemon.ts')
  const { Definitions } = await import('../daemon/definitions.ts')
  const { requestLines } = await import('../show/request-lines.ts')
  const { rebuildRequests } = await import('@bailiwick/core')
  const { args, options, json, print, note } = context
  const config = await readConfig(context)
  const { run, tasks, own } = await withDaemon(context, (bus) => readTasks(bus, args))
  const definitions = new Definitions({ config, own, file: options.agent, context })
  for (const { task, records } of tasks) {
    const rebuilt = await rebuildRequests(await definitions.of(task, records), records)
    const wanted = args.step === undefined ? rebuilt : ofStep(rebuilt, task, args.step)
    if (wanted.some(({ changed }) => changed)) {
      note(
        `${task.name}: the agent ${task.agent} has another prompt now, so this is not exactly what was sent.`,
      )
    }
    if (wanted.length === 0) note(`${task.name} (${task.agent}): nothing was sent to a model.`)
    let before: RebuiltRequest | undefined
    for (const request of wanted) {
      if (json) {
        print(JSON.stringify({ run, task: task.task, name: task.name, agent: task.agent, ...request }))
      } else for (const line of requestLines(task, request, before)) print(line)
      before = request
    }
  }
  return EXIT.ok
}

interface SentTask {
  task: RunTask
  records: JournalRecord[]
}

/** The wanted tasks with their journals, and the run's own journal. */
async function readTasks(
  bus: Bus,
  args: Args,
): Promise<{ run: string; tasks: SentTask[]; own: JournalRecord[] }> {
  const { requestRun } = await import('@bailiwick/bus')
  const details = await findRun(bus, args.run)
  const { run } = details
  const started = details.tasks.filter(({ task }) => task !== '')
  const wanted = args.task === undefined ? started : [findTask(details, started, args.task)]
  const recordsOf = async (task: string) => (await requestRun(bus, 'journal', { run, task })).records
  const tasks = await Promise.all(wanted.map(async (task) => ({ task, records: await recordsOf(task.task) })))
  const created = tasks.filter(({ records }) => records[0]?.type === 'task.created')
  return { run, tasks: created, own: await recordsOf('run') }
}

async function findRun(bus: Bus, run: string): Promise<RunDetails> {
  const { requestRun } = await import('@bailiwick/bus')
  try {
    return await requestRun(bus, 'get', { run })
  } catch (error) {
    if (!hasCode(error, 'bad-input')) throw error
    const { runs } = await requestRun(bus, 'list', { limit: 1_000 })
    throw new InputError(
      unknownName(
        'run',
        run,
        runs.map((known) => known.run),
      ),
    )
  }
}

function findTask({ run }: RunDetails, tasks: readonly RunTask[], wanted: string): RunTask {
  const found = tasks.findLast(({ name, task }) => name === wanted || task === wanted)
  if (found !== undefined) return found
  const known = [...new Set(tasks.map(({ name }) => name))]
  throw new InputError(unknownName(`task of run ${run}`, wanted, known))
}

function ofStep(rebuilt: readonly RebuiltRequest[], { name }: RunTask, wanted: string): RebuiltRequest[] {
  const found = rebuilt.filter(({ step }) => String(step) === wanted)
  if (found.length > 0) return found
  const steps = [...new Set(rebuilt.map(({ step }) => String(step)))]
  throw new InputError(unknownName(`step of task ${name}`, wanted, steps))
}
