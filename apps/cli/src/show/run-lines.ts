import type { RunDetails, RunTask } from '@bailiwick/bus'
import { formatBytes } from '@bailiwick/contract'
import { readableAnswer } from '@bailiwick/core'
import { duration, spent } from './format.ts'
import { indentRest } from './indent-rest.ts'

/** Formats all details of a run, as `bailiwick show` prints them. */
export function runLines(details: RunDetails, now: number): string[] {
  const { run, status, text, submittedAt, endedAt, result, asked } = details
  const took = duration((endedAt ?? now) - submittedAt)
  const lines = [
    `run ${run}: ${status} in ${took}${result === undefined ? '' : `, ${spent(result.usage)}`}`,
    `  ${text}`,
    ...details.tasks.map((task) => `  ${taskLine(task, now)}`),
    ...details.agents.map(({ agent, usage }) => `  ${agent} used ${spent(usage)}`),
    ...asked.map(
      (one) => `  waiting for approval: ${one.name}(${one.arguments}) of ${one.task}, call ${one.call}`,
    ),
    ...details.unusedDecisions.map(
      ({ task, call, decision, by }) =>
        `  too late: ${by} wanted to ${decision} call ${call} of ${task}, whose step had ended`,
    ),
    ...details.unreadable.map(
      ({ task, message, reason }) => `  not readable: ${task}, message ${message}: ${oneLine(reason)}`,
    ),
    ...(result?.error === undefined ? [] : [`  ${result.error.code}: ${result.error.message}`]),
    ...(result?.artifacts ?? []).map(
      ({ name, mediaType, size }) => `  file ${name} (${mediaType}, ${formatBytes(size)})`,
    ),
  ]
  return [...lines.map(indentRest), ...answerLines(result?.answer)]
}

function taskLine(
  { name, agent, attempt, status, after, error, usage, startedAt, endedAt }: RunTask,
  now: number,
): string {
  const parts = [
    `${name} ${agent}: ${status}`,
    attempt > 1 ? `attempt ${attempt}` : '',
    after.length > 0 && attempt === 0 ? `waiting for ${after.join(', ')}` : '',
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
  return ['', readableAnswer(answer).text]
}
