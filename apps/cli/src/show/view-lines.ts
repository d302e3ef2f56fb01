import type { RunDetails, RunTask } from '@bailiwick/bus'
import { formatBytes } from '@bailiwick/contract'
import { duration, spent } from './format.ts'

/** A run with everything that is known of it, as `bailiwick show` prints it. */
export function viewLines(view: RunDetails, now: number): string[] {
  const { run, status, text, submittedAt, endedAt, result, asked } = view
  const took = duration((endedAt ?? now) - submittedAt)
  return [
    `run ${run}: ${status} in ${took}${result === undefined ? '' : `, ${spent(result.usage)}`}`,
    `  ${text.replaceAll('\n', '\n  ')}`,
    ...view.tasks.map((task) => `  ${taskLine(task, now)}`),
    ...view.agents.map(({ agent, usage }) => `  ${agent} used ${spent(usage)}`),
    ...asked.map(
      (one) => `  waits for your decision: ${one.name}(${one.arguments}) of ${one.task}, call ${one.call}`,
    ),
    ...view.unreadable.map(
      ({ task, message, reason }) => `  cannot be read: ${task}, message ${message}: ${oneLine(reason)}`,
    ),
    ...(result?.error === undefined ? [] : [`  ${result.error.code}: ${result.error.message}`]),
    ...(result?.artifacts ?? []).map(
      ({ name, mediaType, size }) => `  file ${name} (${mediaType}, ${formatBytes(size)})`,
    ),
    ...answerLines(result?.answer),
  ]
}

function taskLine(
  { name, agent, attempt, status, after, error, usage, startedAt, endedAt }: RunTask,
  now: number,
): string {
  const parts = [
    `${name} ${agent}: ${status}`,
    attempt > 1 ? `attempt ${attempt}` : '',
    after.length > 0 && attempt === 0 ? `waits for ${after.join(', ')}` : '',
    usage === undefined ? '' : spent(usage),
    startedAt === undefined ? '' : duration((endedAt ?? now) - startedAt),
    error === undefined ? '' : `${error.code}: ${error.message}`,
  ]
  return parts.filter((part) => part !== '').join(', ')
}

function oneLine(text: string): string {
  return text.replaceAll(/\s*\n\s*/g, ' ')
}

function answerLines(answer: unknown): string[] {
  if (answer === undefined) return []
  return ['', typeof answer === 'string' ? answer : JSON.stringify(answer, undefined, 2)]
}
