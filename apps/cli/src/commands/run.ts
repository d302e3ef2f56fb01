import { resolve } from 'node:path'
import type { CommandContext } from '../command/define-command.ts'
import { UsageError } from '../command/usage-error.ts'
import type { CassetteOptions } from '../run/cassette-env.ts'

interface Options extends CassetteOptions {
  input: string[]
  agent: string | undefined
  strategy: 'auto' | 'plan' | 'direct' | undefined
  out: string | undefined
  plan: boolean
}

export async function execute(context: CommandContext<{ task: string }, Options>): Promise<number> {
  const { args, options, cwd } = context
  const { strategy } = options
  const text = args.task.trim()
  if (text === '') throw new UsageError('Expected a task, found an empty text: bailiwick run "<task>"')
  const { findInputs } = await import('../run/inputs.ts')
  const { readConfig } = await import('../daemon/use-daemon.ts')
  const { runTask } = await import('../run/run-task.ts')
  const { cassetteEnv } = await import('../run/cassette-env.ts')
  const { openOutFolder } = await import('../run/out-folder.ts')
  const out = options.out === undefined ? undefined : await openOutFolder(options.out, cwd)
  const files = await findInputs(options.input, cwd)
  const config = await readConfig(context)
  const env = { ...context.env, ...cassetteEnv(options, cwd, config.dataDir) }
  const agent = options.agent === undefined ? undefined : agentOrFile(options.agent, cwd)
  const connection = { dataDir: config.dataDir, config: config.file, cwd: config.folder, env }
  const order = { text, files, strategy, out, ...agent }
  if (!options.plan) return runTask(context, connection, order)
  if (agent !== undefined || strategy === 'direct') {
    throw new UsageError('--plan shows how a task is split. Remove --agent and --strategy direct.')
  }
  const { previewPlan } = await import('../run/preview-plan.ts')
  return previewPlan(context, connection, order)
}

/** Tells the name of an agent of the team from the path of an agent's file. */
function agentOrFile(given: string, cwd: string): { agent: string } | { agentFile: string } {
  return /[/\\]|\.[cm]?[jt]s$/.test(given) && !given.startsWith('@')
    ? { agentFile: resolve(cwd, given) }
    : { agent: given }
}
