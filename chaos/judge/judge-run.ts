import type { Entry } from './evidence.ts'

interface PlannedTask {
  name: string
  after: string[]
}

/**
 * Checks a run: submitted once, planned once, every attempt dispatched once after its dependencies and returned once,
 * then ended once with the right answer, and no record after that.
 *
 * @param entries all records of the run and its tasks
 * @param expected `mayFail`: the run may also end as failed, with an error
 */
export function judgeRun(
  run: string,
  entries: readonly Entry[],
  { answer, mayFail = false }: { answer: unknown; mayFail?: boolean },
): string[] {
  const problems: string[] = []
  const report = (problem: string) => problems.push(`${run}: ${problem}`)
  const own = entries.filter(({ writer, task }) => writer === 'coordinator' && task === 'run')
  const named = (type: string) => own.filter(({ record }) => record.type === type).map(({ record }) => record)
  for (const type of ['run.submitted', 'run.planned', 'run.ended'])
    if (named(type).length !== 1) report(`${named(type).length} records ${type}`)
  if (entries[0]?.record.type !== 'run.submitted') report(`begins with ${entries[0]?.record.type}`)
  if (entries.at(-1)?.record.type !== 'run.ended')
    report(`${entries.at(-1)?.task} ${entries.at(-1)?.record.type} comes after its end`)
  const end = named('run.ended')[0]
  const failed = mayFail && end?.status === 'failed' && end.error !== undefined
  if (end !== undefined && end.status !== 'completed' && !failed)
    report(`ended as ${String(end.status)}: ${JSON.stringify(end.error)}`)
  if (end !== undefined && !failed && JSON.stringify(end.answer) !== JSON.stringify(answer))
    report(`answered ${JSON.stringify(end.answer)}`)
  return [...problems, ...judgeTasks(run, own, { journaled: taskNames(entries), mayFail: failed })]
}

/** Checks that the planned tasks were dispatched and returned in the plan's order. */
function judgeTasks(
  run: string,
  own: readonly Entry[],
  { journaled, mayFail }: { journaled: ReadonlySet<string>; mayFail: boolean },
): string[] {
  const problems: string[] = []
  const report = (problem: string) => problems.push(`${run}: ${problem}`)
  const open = new Set<string>()
  const dispatched = new Set<string>()
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
        report(`${task}: dispatched as attempt ${record.attempt}, expected ${attempt}`)
      if (dispatched.has(task)) report(`${task}: dispatched twice`)
      const missing = plan.find((one) => one.name === name)?.after.filter((other) => !completed.has(other))
      if (missing?.length) report(`${task}: dispatched before ${missing.join(', ')}`)
      attempts.set(name, attempt)
      dispatched.add(task)
      open.add(task)
    }
    if (type === 'task.returned') {
      if (!open.delete(task)) report(`${task}: returned without being dispatched`)
      if (record.status === 'completed') completed.add(name)
    }
  }
  for (const task of open) report(`${task}: never returned`)
  for (const { name } of mayFail ? [] : plan)
    if (!completed.has(name)) report(`${name} of the plan never completed`)
  for (const task of journaled)
    if (!dispatched.has(task)) report(`${task}: has a journal but was never dispatched`)
  for (const task of dispatched)
    if (!journaled.has(task)) report(`${task}: was dispatched but has no journal`)
  return problems
}

/** The tasks of a run that have their own journals. */
export function taskNames(entries: readonly Entry[]): Set<string> {
  return new Set(entries.map(({ task }) => task).filter((task) => task !== 'run'))
}
