import { basename, join, relative } from 'node:path'
import { lazySandbox } from '@bailiwick/agent'
import type { LoadedDefinition } from '@bailiwick/agent/host'
import {
  InputError,
  type Level,
  levelNumber,
  type Model,
  nearestNames,
  type Sandbox,
} from '@bailiwick/contract'
import {
  agentTarget,
  type Case,
  type Dataset,
  daemonTarget,
  ExperimentLog,
  errorsOf,
  FILE_TOOLS,
  markdownReport,
  openDataset,
  percent,
  pipelineNote,
  REPORT_FILES,
  type Report,
  runExperiment,
  summarise,
  type Target,
  writeReport,
} from '@bailiwick/eval'
import type { CommandContext } from '../command/define-command.ts'
import { EXIT } from '../command/exit-codes.ts'
import { readConfig, withDaemon } from '../daemon/use-daemon.ts'
import { EvalProgress } from './eval-progress.ts'
import type { EvalOrder } from './read-order.ts'

/** Runs an evaluation, prints its report and writes it beside the results. @returns the exit code */
export async function evaluate(context: CommandContext, order: EvalOrder): Promise<number> {
  const dataset = openDataset(order.dataset, context.cwd)
  const folder = order.out ?? join(context.cwd, `eval-${basename(dataset.name)}`)
  using log = await ExperimentLog.open(folder)
  await using sandbox = lazySandbox()
  if (order.daemon) {
    return await withDaemon(context, (client) => {
      const { agent, strategy } = order
      const target = daemonTarget({
        client,
        experiment: log.id,
        ...(agent !== undefined && { agent }),
        ...(strategy !== undefined && { strategy }),
      })
      return run(context, order, { dataset, log, sandbox, targets: [target] })
    })
  }
  if (order.oracle === undefined) {
    const models = await namedModels(context, order.models)
    return await run(context, order, {
      dataset,
      log,
      sandbox,
      targets: await agents(context, order, models, log, sandbox),
    })
  }
  const { fitsLevel, startOracle } = await import('@bailiwick/eval/oracle')
  const { openaiModel } = await import('@bailiwick/models')
  const { noise, seed } = order.oracle
  await using oracle = await startOracle(dataset.cases(), { ...(noise && { noise }), seed })
  const model = openaiModel({ model: 'oracle', baseURL: oracle.url })
  const name = noise ? `noisy oracle, seed ${seed}` : 'oracle'
  const targets = await agents(context, order, [{ name, model }], log, sandbox)
  const accepts = ({ solution }: Case, { level }: Target) => fitsLevel(solution, level)
  return await run(context, order, { dataset, log, sandbox, targets, accepts })
}

interface NamedModel {
  name: string
  model: Model
}

/** The models that the command line names, or the default model. @throws InputError if there is none */
async function namedModels(context: CommandContext, names: readonly string[]): Promise<NamedModel[]> {
  const { detectModel, noModelMessage, resolveModel } = await import('@bailiwick/models')
  const { models: aliases, model: configured } = await readConfig(context)
  const { env, signal } = context
  if (names.length > 0) {
    return Promise.all(
      names.map(async (name) => ({ name, model: await resolveModel(name, { env, aliases }) })),
    )
  }
  const found = await detectModel(env, { aliases, configured, signal })
  if (found === undefined) throw new InputError(noModelMessage())
  return [found]
}

/** Every level with every model. */
async function agents(
  context: CommandContext,
  { agent, levels }: EvalOrder,
  models: readonly NamedModel[],
  log: ExperimentLog,
  sandbox: Sandbox,
): Promise<Target[]> {
  const found = agent === undefined ? undefined : await findAgent(context, agent)
  for (const tool of found?.definition.tools ?? []) {
    if (typeof tool === 'string' && !FILE_TOOLS.includes(tool)) {
      context.note(`${agent} has no ${tool} in this process. With --daemon, it has.`)
    }
  }
  return levels.flatMap((level = found?.level) =>
    models.map(({ name, model }) =>
      agentTarget({
        ...(found !== undefined && { definition: found.definition, importsFrom: found.folder }),
        ...(level !== undefined && { level }),
        model,
        modelName: name,
        sandbox,
        paidOnce: (same, attempt) => log.replies.modelOf(same, attempt),
      }),
    ),
  )
}

/** An agent of the configuration's team, at the level that the operator gives it; or a file, or a package. */
async function findAgent(
  context: CommandContext,
  agent: string,
): Promise<LoadedDefinition & { level?: Level | undefined }> {
  const { loadDefinition } = await import('@bailiwick/agent/host')
  if (!/^[\w-]+$/.test(agent)) return loadDefinition(agent, context.cwd)
  const { loadTeam } = await import('@bailiwick/coordinator/team/load-team')
  const team = await loadTeam(await readConfig(context), context.signal)
  const member = team.find(({ card }) => card.name === agent)
  if (member === undefined) {
    const names = team.map(({ card }) => card.name)
    const [meant] = nearestNames(agent, names)
    throw new InputError(
      `Expected an agent of the team (${names.join(', ')}) or the path of an agent's file, found "${agent}".${meant === undefined ? '' : ` Did you mean "${meant}"?`}`,
    )
  }
  const { level } = member.member
  return {
    ...(await loadDefinition(member.file)),
    level: level === undefined ? undefined : levelNumber(level),
  }
}

interface Parts {
  dataset: Dataset
  log: ExperimentLog
  sandbox: Sandbox
  targets: Target[]
  accepts?: (each: Case, target: Target) => boolean
}

async function run(context: CommandContext, order: EvalOrder, parts: Parts): Promise<number> {
  const { note, print, json, signal, cwd } = context
  const { log } = parts
  const pipeline = order.oracle === undefined ? undefined : order.oracle.noise ? 'noisy oracle' : 'oracle'
  const folder = relative(cwd, log.folder) || '.'
  note(`${parts.dataset.name}: results go to ${folder}`)
  using progress = new EvalProgress(note)
  const { keys, left, stopped, message } = await runExperiment({
    ...parts,
    ...(order.limit !== undefined && { limit: order.limit }),
    ...(order.maxCost !== undefined && { maxCost: order.maxCost }),
    ...(pipeline !== undefined && { pipeline }),
    tags: order.tags,
    repeats: order.repeats,
    concurrency: order.concurrency,
    retryErrors: order.retryErrors,
    signal,
    onProgress: (state) => progress.update(state),
  })
  progress[Symbol.dispose]()
  if (keys.size === 0) {
    throw new InputError(
      `Expected tasks to run, found none${left > 0 ? ' with a solution for these levels' : ''}. Check --tag and --level.`,
    )
  }
  const wanted = (key: string) => keys.has(key)
  const report = await summarise(log.records(wanted), keys.size)
  await writeReport(log.folder, report, log.records(wanted))
  if (left > 0)
    note(
      `${left} ${left === 1 ? 'attempt was' : 'attempts were'} left out: the dataset has no solution for that level.`,
    )
  if (json) print(JSON.stringify({ ...report, folder }))
  else print(markdownReport(report).trimEnd())
  note(`Written to ${folder}: ${REPORT_FILES.join(', ')}`)
  const pipelineWords = pipelineNote(report)
  if (pipelineWords !== undefined) note(pipelineWords)
  if (stopped === 'canceled') {
    note(`Stopped with ${report.missing} attempts left. The same command continues.`)
    return EXIT.interrupted
  }
  if (stopped === 'max-cost') {
    note(
      `Stopped at --max-cost with ${report.missing} attempts left${message === undefined ? '' : ` (${message})`}. The same command with a higher one continues.`,
    )
    return EXIT.runFailed
  }
  return gate(report, order, note)
}

/** Errors decide before the gate, because a share without them would be of other tasks. */
function gate({ summaries }: Report, { min, maxErrors }: EvalOrder, note: (line: string) => void): number {
  let code: number = EXIT.ok
  for (const { target, level, model, attempts, outcomes, right } of summaries) {
    const name = [target, level === null ? '' : `level ${level}`, model ?? '']
      .filter((part) => part !== '')
      .join(', ')
    const errors = errorsOf(outcomes)
    if (errors > attempts * maxErrors) {
      note(
        `${name}: ${errors} of ${attempts} attempts broke. Repeat them with --retry-errors, or allow some with --max-errors.`,
      )
      code = EXIT.error
    } else if (min !== undefined && (right?.value ?? 0) < min) {
      note(
        `${name}: expected at least ${percent(min)} right, found ${right === null ? 'none' : percent(right.value)}.`,
      )
      if (code === EXIT.ok) code = EXIT.gateFailed
    }
  }
  return code
}
