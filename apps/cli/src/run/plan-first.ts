import { createInterface } from 'node:readline/promises'
import { type Plan, planSchema } from '@bailiwick/contract'
import type { CommandContext } from '../command/define-command.ts'
import { EXIT } from '../command/exit-codes.ts'
import { estimateRun } from './estimate-run.ts'
import { exitCode, performRun, type RunOrder, runTask, tell } from './run-task.ts'

/**
 * Makes the plan alone and shows it with an estimate, before anything else is spent. On a terminal it asks
 * whether to carry it out; elsewhere it ends there.
 *
 * @returns the exit code
 */
export async function planFirst(
  context: CommandContext,
  spawn: Parameters<typeof runTask>[1],
  order: RunOrder,
): Promise<number> {
  const { out: _, ...planning } = order
  const { view } = await performRun(context, spawn, { ...planning, planOnly: true })
  if (view.result?.status !== 'completed') {
    tell(context, view, undefined, [])
    return exitCode(view, context.signal.aborted)
  }
  const plan = planSchema.parse(view.result.answer)
  const estimate = estimateRun(plan, view.result.usage)
  if (context.json) {
    context.print(JSON.stringify({ run: view.run, plan, estimate }))
    return EXIT.ok
  }
  for (const line of planLines(plan)) context.print(line)
  const cost = estimate.cost === null ? 'at a price that is not known' : `about $${estimate.cost.toFixed(2)}`
  context.print(`estimate: about ${estimate.tokens} tokens in ${estimate.replies} replies, ${cost}`)
  if (!process.stdin.isTTY || !process.stderr.isTTY) return EXIT.ok
  return (await confirmed(context.signal)) ? runTask(context, spawn, { ...order, plan }) : EXIT.ok
}

function planLines({ tasks }: Plan): string[] {
  return tasks.flatMap(({ name, agent, text, after }) => [
    `${name} ${agent}${after.length === 0 ? '' : ` after ${after.join(', ')}`}`,
    ...text.split('\n').map((line) => `    ${line}`),
  ])
}

async function confirmed(signal: AbortSignal): Promise<boolean> {
  using terminal = createInterface({ input: process.stdin, output: process.stderr })
  return /^y(es)?$/i.test((await terminal.question('carry it out? [y/N] ', { signal })).trim())
}
