import { styleText } from 'node:util'
import { count, duration, money } from './format.ts'
import type { ShownRun, ShownTask } from './run-model.ts'

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
 * The picture of a run: who does what, step, tokens, time. Tasks of the plan stand in the plan's order,
 * delegated ones below the task that asked for them.
 *
 * @param now Unix milliseconds
 * @param width columns of the terminal; longer lines are cut
 */
export function treeLines(shown: ShownRun, now: number, width: number): string[] {
  const rows = [...ownRows(shown, 'plan'), ...plannedRows(shown), ...ownRows(shown, 'answer')]
  const elapsed = shown.submittedAt === undefined ? 0 : (shown.endedAt ?? now) - shown.submittedAt
  const spent = shown.tokens === 0 ? '' : `  ${count(shown.tokens)} tokens  ${money(shown.cost)}`
  const head: Row = {
    depth: 0,
    status: shown.status,
    left: `run ${shown.run}`,
    right: `${shown.status}  ${duration(elapsed)}${spent}`,
  }
  const all = [
    head,
    ...rows.map((row) => (typeof row === 'object' && 'left' in row ? row : taskRow(row, now))),
  ]
  const leftWidth = Math.max(...all.map(({ left, depth }) => left.length + depth * 2))
  return all.map((row) => line(row, leftWidth, width))
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

function ownRows(shown: ShownRun, name: string): TaskRow[] {
  return [...shown.tasks.values()].filter((task) => task.name === name).map((task) => ({ depth: 1, task }))
}

function plannedRows(shown: ShownRun): (Row | TaskRow)[] {
  const tasks = [...shown.tasks.values()]
  return shown.planned.flatMap(({ name, agent, after }): (Row | TaskRow)[] => {
    const attempts = tasks.filter((task) => task.name === name && task.parent === undefined)
    if (attempts.length > 0) return attempts.flatMap((task) => withDelegates(tasks, task, 1))
    const right = after.length === 0 ? 'waits' : `waits for ${after.join(', ')}`
    return [{ depth: 1, status: 'submitted', left: `${name} ${agent}`, right }]
  })
}

function withDelegates(tasks: ShownTask[], task: ShownTask, depth: number): TaskRow[] {
  const children = tasks.filter(({ parent }) => parent === task.task)
  return [{ depth, task }, ...children.flatMap((child) => withDelegates(tasks, child, depth + 1))]
}

function taskRow({ depth, task }: TaskRow, now: number): Row {
  const { name, agent, status, step, attempt, tokens, startedAt, endedAt, doing } = task
  const parts = [
    status === 'completed' ? '' : status,
    step > 0 ? `step ${step}` : '',
    doing ?? '',
    tokens > 0 ? `${count(tokens)} tokens` : '',
    startedAt === undefined ? '' : duration((endedAt ?? now) - startedAt),
    attempt > 1 ? `taken up ${attempt} times` : '',
  ]
  return { depth, status, left: `${name} ${agent}`, right: parts.filter((part) => part !== '').join('  ') }
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
