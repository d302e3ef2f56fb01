import type { Command } from '../frame/command.ts'

const STRATEGIES = ['plan', 'direct'] as const

export const command: Command = {
  words: '"<task>"',
  count: [1, 1],
  details: `Without a daemon one is started for the length of the run. The answer is printed; with --out it is
written to report.md there, with every file that was made and run.json. Ctrl-C cancels the run.`,
  options: {
    input: {
      type: 'string',
      short: 'i',
      multiple: true,
      value: 'name=path',
      help: 'a file for the run; may repeat',
    },
    agent: { type: 'string', short: 'a', value: 'name|path', help: 'give the whole task to this agent' },
    strategy: {
      type: 'string',
      value: 'plan|direct',
      help: 'split it by a plan, or give it whole to one agent',
    },
    out: { type: 'string', short: 'o', value: 'dir', help: 'folder for the answer and the files' },
    plan: { type: 'boolean', help: 'show plan and estimate first; on a terminal, ask whether to go on' },
    record: { type: 'string', value: 'file', help: 'write every response of a served model to a cassette' },
    replay: { type: 'string', value: 'file', help: 'answer from a cassette: no server, no key, no cost' },
    'replay-by': {
      type: 'string',
      value: 'strict|lane',
      help: 'strict: a changed prompt fails; lane: by agent and step',
    },
  },
  async run(context) {
    const { options, words, cwd } = context
    const { UsageError } = await import('../frame/usage-error.ts')
    const text = words[0]?.trim() ?? ''
    if (text === '') throw new UsageError('the task is empty; wanted: bailiwick run "<task>"')
    const strategy = STRATEGIES.find((name) => name === options.strategy)
    if (options.strategy !== undefined && strategy === undefined) {
      throw new UsageError(
        `unknown strategy "${String(options.strategy)}": wanted ${STRATEGIES.join(' or ')}`,
      )
    }
    const { readInputs } = await import('../run-task/read-inputs.ts')
    const files = await readInputs(Array.isArray(options.input) ? options.input : [], cwd)
    const { readConfig } = await import('../daemon/use-daemon.ts')
    const config = await readConfig(context)
    const { resolve } = await import('node:path')
    const out = typeof options.out === 'string' ? resolve(cwd, options.out) : undefined
    const { runTask } = await import('../run-task/run-task.ts')
    const { cassetteEnv } = await import('../run-task/cassette-env.ts')
    const env = { ...context.env, ...cassetteEnv(options, cwd, config.dataDir) }
    const agent = typeof options.agent === 'string' ? agentOrFile(options.agent, cwd, resolve) : undefined
    const spawn = { dataDir: config.dataDir, config: config.file, cwd: config.folder, env }
    const order = { text, files, strategy, out, ...agent }
    if (options.plan !== true) return runTask(context, spawn, order)
    if (agent !== undefined || strategy === 'direct') {
      throw new UsageError('--plan shows how a task is split: leave out --agent and --strategy direct')
    }
    const { planFirst } = await import('../run-task/plan-first.ts')
    return planFirst(context, spawn, order)
  },
}

/** An agent of the team by its name, or one that is not in it by its file. */
function agentOrFile(
  given: string,
  cwd: string,
  resolve: (...parts: string[]) => string,
): { agent: string } | { agentFile: string } {
  return /[/\\]|\.[cm]?[jt]s$/.test(given) && !given.startsWith('@')
    ? { agentFile: resolve(cwd, given) }
    : { agent: given }
}
