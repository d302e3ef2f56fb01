import type { Entry } from './journal-entries.ts'

interface PlannedTask {
  name: string
  after: string[]
}

/**
 * Whether a run went as runs go: submitted once, planned once, every task given out once for each attempt, after
 * those that it waits for, and taken back once; then its one end, with the right answer, and nothing behind it.
 *
 * @param entries every record of the run, those of its tasks too
 */
export function judgeRun(run: string, entries: readonly Entry[], rightAnswer: unknown): string[] {
  const problems: string[] = []
  const say = (problem: string) => problems.push(`${run}: ${problem}`)
  const own = entries.filter(({ writer, task }) => writer === 'coordinator' && task === 'run')
  const named = (type: string) => own.filter(({ record }) => record.type === type).map(({ record }) => record)
  for (const type of ['run.submitted', 'run.planned', 'run.ended'])
    if (named(type).length !== 1) say(`${named(type).length} records ${type}`)
  if (entries[0]?.record.type !== 'run.submitted') say(`begins with ${entries[0]?.record.type}`)
  if (entries.at(-1)?.record.type !== 'run.ended')
    say(`${entries.at(-1)?.task} ${entries.at(-1)?.record.type} is behind its end`)
  const end = named('run.ended')[0]
  if (end !== undefined && end.status !== 'completed')
    say(`ended as ${String(end.status)}: ${JSON.stringify(end.error)}`)
  if (end !== undefined && JSON.stringify(end.answer) !== JSON.stringify(rightAnswer))
    say(`answered ${JSON.stringify(end.answer)}`)
  return [...problems, ...judgeTasks(run, own, taskNames(entries))]
}

/** Whether what was planned was given out and taken back in the plan's order. */
function judgeTasks(run: string, own: readonly Entry[], journaled: ReadonlySet<string>): string[] {
  const problems: string[] = []
  const say = (problem: string) => problems.push(`${run}: ${problem}`)
  const open = new Set<string>()
  const given = new Set<string>()
  const attempts = new Map<string, number>()
  const completed = new Set<string>()
  let plan: PlannedTask[] = []
  for (const { record } of own) {
    const { type } = record
    const task = String(record.task)
    const name = String(record.name)
    if (type === 'run.planned') plan = record.tasks as PlannedTask[]
    if (type === 'task.dispatched') {
      const attempt = (attempts.get(name) ?? 0) + 1
      if (record.attempt !== attempt)
        say(`${task}: given out as attempt ${record.attempt}, wanted ${attempt}`)
      if (given.has(task)) say(`${task}: given out twice`)
      const missing = plan.find((one) => one.name === name)?.after.filter((other) => !completed.has(other))
      if (missing?.length) say(`${task}: given out before ${missing.join(', ')}`)
      attempts.set(name, attempt)
      given.add(task)
      open.add(task)
    }
    if (type === 'task.returned') {
      if (!open.delete(task)) say(`${task}: taken back without being out`)
      if (record.status === 'completed') completed.add(name)
    }
  }
  for (const task of open) say(`${task}: never taken back`)
  for (const { name } of plan) if (!completed.has(name)) say(`${name} of the plan was never completed`)
  for (const task of journaled) if (!given.has(task)) say(`${task}: has a journal, and was never given out`)
  for (const task of given) if (!journaled.has(task)) say(`${task}: was given out, and has no journal`)
  return problems
}

/** The tasks of a run that have journals of their own. */
export function taskNames(entries: readonly Entry[]): Set<string> {
  return new Set(entries.map(({ task }) => task).filter((task) => task !== 'run'))
}
