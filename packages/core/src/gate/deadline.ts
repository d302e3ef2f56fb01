import { ExhaustedError, type TaskSpec } from '@bailiwick/contract'

/** Timers cannot wait longer. */
const MAX_TIMER = 2 ** 31 - 1

/** When a task is given up, Unix milliseconds: by its own deadline or its budget of time, whichever comes first. */
export function deadlineOf({ grant, deadline }: TaskSpec, startedAt: number): number | undefined {
  const { wallMs } = grant.budget
  if (wallMs === undefined) return deadline
  return Math.min(startedAt + wallMs, deadline ?? Number.POSITIVE_INFINITY)
}

/** Stops the task when its time is up. */
export function startTimer(ms: number, stop: AbortController): ReturnType<typeof setTimeout> {
  const late = new ExhaustedError('the task’s time is up', { limit: 'wallMs' })
  return setTimeout(() => stop.abort(late), Math.min(Math.max(0, ms), MAX_TIMER))
}
