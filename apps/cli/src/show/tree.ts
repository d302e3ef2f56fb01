import { styleText } from 'node:util'
import type { EventEntry } from '@bailiwick/bus'
import { visibleLine } from '@bailiwick/contract'
import { type Activity, ownUsage, type TaskView } from '@bailiwick/core/journal'
import { count, duration, money } from './format.ts'
import { type RunPicture, shownStatus, shownUsage } from './run-picture.ts'

type ShownTask = TaskView<EventEntry>
type Style = Parameters<typeof styleText>[0]

const MARKS: Record<string, [string, Style]> = {
  submitted: ['○', 'dim'],
  working: ['●', 'cyan'],
  canceling: ['●', 'yellow'],
  'input-required': ['?', 'yellow'],
  completed: ['✔', 'green'],
  failed: ['✘', 'red'],
  exhausted: ['✘', 'red'],
  rejected: ['✘', 'red'],
  canceled: ['■', 'yellow'],
}

/**
 * Formats a run as a tree of its tasks, each with its activity, step, tokens and time. Tasks are in the order of the
 * plan. A delegated task is below the task that delegated it.
 *
 * @param now Unix milliseconds
 * @param width columns of the terminal; longer lines are cut
 */
export function treeLines(picture: RunPicture, now: number, width: number): string[] {
  const { run, view } = picture
  const rows = [...ownRows(picture, 'plan'), ...plannedRows(picture), ...ownRows(picture, 'answer')]
  const elapsed = view === undefined ? 0 : (view.ended?.at ?? now) - view.submitted.at
  const usage = shownUsage(picture)
  const tokens = usage.inputTokens + usage.outputTokens
  const status = shownStatus(picture)
  const head: Row = {
    depth: 0,
    status,
    left: `run ${run}`,
    right: `${status}  ${duration(elapsed)}${tokens === 0 ? '' : `  ${count(tokens)} tokens  ${money(usage.cost)}`}`,
  }
  const all = [head, ...rows.map((row) => ('left' in row ? row : taskRow(row, now)))].map((row) => ({
    ...row,
    // Before it is measured, so that no line is longer than the terminal.
    left: visibleLine(row.left),
    right: visibleLine(row.right),
  }))
  const leftWidth = Math.max(...all.map(({ left, depth }) => left.length + depth * 2))
  const lines = all.map((row) => line(row, leftWidth, width))
  const waits = [...picture.tasks.values()].some(({ activity }) => activity?.kind === 'decision')
  // On a line of its own, because a narrow terminal cuts the end of a task's line.
  return waits ? [...lines, `bailiwick approve ${run} (or reject)`.slice(0, width - 1)] : lines
}

interface Row {
  depth: number
  status: string
  left: string
  right: string
}

interface TaskRow {
  depth: number
  task: ShownTask
}

function ownRows({ tasks }: RunPicture, name: string): TaskRow[] {
  return [...tasks.values()]
    .filter(({ created }) => created.name === name)
    .map((task) => ({ depth: 1, task }))
}

function plannedRows(picture: RunPicture): (Row | TaskRow)[] {
  const tasks = [...picture.tasks.values()]
  return (picture.view?.plan?.tasks ?? []).flatMap(({ name, agent, after }): (Row | TaskRow)[] => {
    const attempts = tasks.filter(({ created }) => created.name === name && created.parent === undefined)
    if (attempts.length > 0) return attempts.flatMap((task) => withDelegates(tasks, task, 1))
    const right = after.length === 0 ? 'waiting' : `waiting for ${after.join(', ')}`
    return [{ depth: 1, status: 'submitted', left: `${name} ${agent}`, right }]
  })
}

function withDelegates(tasks: ShownTask[], task: ShownTask, depth: number): TaskRow[] {
  const children = tasks.filter(({ created }) => created.parent?.task === task.created.task)
  return [{ depth, task }, ...children.flatMap((child) => withDelegates(tasks, child, depth + 1))]
}

function taskRow({ depth, task }: TaskRow, now: number): Row {
  const { created, status, step, attempt, startedAt, ended, activity } = task
  const { inputTokens, outputTokens } = ownUsage(task)
  const tokens = inputTokens + outputTokens
  const parts = [
    status === 'completed' ? '' : status,
    step > 0 ? `step ${step}` : '',
    activity === undefined ? '' : activityText(activity),
    tokens > 0 ? `${count(tokens)} tokens` : '',
    startedAt === undefined ? '' : duration((ended?.at ?? now) - startedAt),
    attempt > 1 ? `attempt ${attempt}` : '',
  ]
  const left = `${created.name} ${created.agent}`
  return { depth, status, left, right: parts.filter((part) => part !== '').join('  ') }
}

function activityText(activity: Activity): string {
  switch (activity.kind) {
    case 'model':
      return 'thinking'
    case 'code':
      return 'code'
    case 'call':
      return activity.name
    case 'decision':
      return `waiting for approval of ${activity.name}`
  }
}

function line(row: Row, leftWidth: number, width: number): string {
  const [mark, style] = MARKS[row.status] ?? ['·', 'dim']
  const indent = '  '.repeat(row.depth)
  const text = `${row.left.padEnd(leftWidth - row.depth * 2)}  ${row.right}`.slice(
    0,
    Math.max(10, width - indent.length - 3),
  )
  return `${indent}${styleText(style, mark, { stream: process.stderr })} ${text}`
}
