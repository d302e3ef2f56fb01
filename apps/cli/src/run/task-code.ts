import { type Bus, type RunDetails, type RunTask, requestRun } from '@bailiwick/bus'
import type { JournalRecord } from '@bailiwick/contract'
import { freeName } from './free-name.ts'

/** The code of tasks by their name, with the id for delegates: the name of its file, and the file's content. */
export type TaskCode = ReadonlyMap<string, readonly [file: string, content: string]>

/** Reads the code that computed the results of a run, of the last attempt at each task. */
export async function readCode(bus: Bus, { run, tasks }: RunDetails): Promise<TaskCode> {
  const last = new Map(tasks.filter(({ task }) => task !== '').map((task) => [keyOf(run, task), task]))
  const code = new Map<string, readonly [string, string]>()
  const taken = new Set<string>()
  for (const [key, task] of last) {
    const { records } = await requestRun(bus, 'journal', { run, task: task.task })
    const content = codeOf(records, run, task)
    if (content !== undefined) code.set(key, [freeName(`${key}.js`, taken), content])
  }
  return code
}

/** The name of a task of the plan, whose attempts share it. Delegates of one name are different tasks. */
function keyOf(run: string, { name, task, attempt }: RunTask): string {
  const isPlanned = task === `${run}-${name}` || task === `${run}-${name}-${attempt}`
  return isPlanned ? name : `${name}-${task.slice(run.length + 1)}`
}

function codeOf(records: readonly JournalRecord[], run: string, task: RunTask): string | undefined {
  const ended = new Map(
    records.flatMap((record) => (record.type === 'step.ended' ? [[record.step, record.status]] : [])),
  )
  const steps = new Map(
    records.flatMap((record) => (record.type === 'step.started' ? [[record.step, record.code]] : [])),
  )
  if (steps.size === 0) return undefined
  const text = records.find((record) => record.type === 'task.created')?.text ?? ''
  const head = [
    `Task ${task.name} (${task.agent}) of run ${run}: ${task.status}`,
    text,
    'The steps ran one after the other, in one world. To run them again on the recorded inputs:',
    `bailiwick replay ${run} ${task.name}`,
  ]
  const parts = Array.from(steps, ([step, code]) => {
    const status = ended.get(step) ?? 'not ended'
    return `// Step ${step}${status === 'ok' ? '' : `: ${status}`}\n${code.trim()}\n`
  })
  return `${head.map(comment).join('\n')}\n\n${parts.join('\n')}`
}

function comment(text: string): string {
  return text
    .split(/\r\n|[\n\r\u2028\u2029]/)
    .map((line) => `// ${line}`.trimEnd())
    .join('\n')
}
