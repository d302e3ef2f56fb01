import { createInterface } from 'node:readline/promises'
import { type Plan, planSchema, type Usage } from '@bailiwick/contract'
import type { CommandContext } from '../command/define-command.ts'
import { EXIT } from '../command/exit-codes.ts'
import type { ConnectionOptions } from '../daemon/daemon-connection.ts'
import { exitCode, performRun, printResult, type RunOrder, runTask } from './run-task.ts'

/** Replies that a task usually takes, as in the demo and the examples. */
const REPLIES_PER_TASK = 4

/**
 * Makes a plan without carrying it out, and prints it with an estimate. On a terminal, asks whether to carry it out.
 *
 * @returns the exit code
 */
export async function previewPlan(
  context: CommandContext,
  connection: Omit<ConnectionOptions, 'note' | 'signal'>,
  order: RunOrder,
): Promise<number> {
  const { out: _, ...planning } = order
  const { details } = await performRun(context, connection, { ...planning, planOnly: true })
  if (details.result?.status !== 'completed') {
    printResult(context, details, undefined, [])
    return exitCode(details, context.signal.aborted)
  }
  const plan = planSchema.parse(details.result.answer)
  const estimate = estimateRun(plan, details.result.usage)
  if (context.json) {
    context.print(JSON.stringify({ run: details.run, plan, estimate }))
    return EXIT.ok
  }
  for (const line of planLines(plan)) context.print(line)
  context.print(estimateLine(estimate))
  if (!process.stdin.isTTY || !process.stderr.isTTY) return EXIT.ok
  return (await confirmed(context.signal)) ? runTask(context, connection, { ...order, plan }) : EXIT.ok
}

interface RunEstimate {
  replies: number
  /** Null if nothing was asked of the model yet, because the run needs no planner. */
  tokens: number | null
  /** US dollars; null if that is so, or if the model's price is unknown. */
  cost: number | null
}

/**
 * Estimates what carrying out a plan will use: a few replies per task and, unless one agent does all of it, one for the
 * answer. Each is as large as a reply of the planning. Only a budget is a limit.
 */
function estimateRun({ tasks, direct }: Plan, planning: Usage): RunEstimate {
  const replies = tasks.length * REPLIES_PER_TASK + (direct ? 0 : 1)
  const made = planning.replies
  if (made === 0) return { replies, tokens: null, cost: null }
  const tokens = Math.round((replies * (planning.inputTokens + planning.outputTokens)) / made)
  return { replies, tokens, cost: planning.cost === null ? null : (replies * planning.cost) / made }
}

function estimateLine({ replies, tokens, cost }: RunEstimate): string {
  if (tokens === null) return `estimate: about ${replies} replies; no planner is needed`
  const dollars = cost === null ? 'cost unknown' : `about $${cost.toFixed(2)}`
  return `estimate: about ${tokens} tokens in ${replies} replies, ${dollars}`
}

function planLines({ tasks }: Plan): string[] {
  return tasks.flatMap(({ name, agent, text, after }) => [
    `${name} ${agent}${after.length === 0 ? '' : ` after ${after.join(', ')}`}`,
    ...text.split('\n').map((line) => `    ${line}`),
  ])
}

async function confirmed(signal: AbortSignal): Promise<boolean> {
  using terminal = createInterface({ input: process.stdin, output: process.stderr })
  return /^y(es)?$/i.test((await terminal.question('Carry out this plan? [y/N] ', { signal })).trim())
}
