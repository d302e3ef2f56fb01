import { resolve } from 'node:path'
import { LEVEL_NAMES, type Level, levelSchema } from '@bailiwick/contract'
import { UsageError } from '../command/usage-error.ts'

/** The options of `bailiwick eval` as the command line has them. */
export interface EvalOptions {
  agent: string | undefined
  level: string | undefined
  model: string[]
  repeats: string | undefined
  concurrency: string | undefined
  tag: string[]
  limit: string | undefined
  out: string | undefined
  min: string | undefined
  maxErrors: string | undefined
  maxCost: string | undefined
  retryErrors: boolean
  daemon: boolean
  strategy: 'auto' | 'plan' | 'direct' | undefined
  oracle: boolean
  noise: boolean
  seed: string | undefined
}

/** The evaluation that a command line asks for. */
export interface EvalOrder {
  dataset: string
  agent?: string
  /** Undefined for the agent's own. */
  levels: readonly (Level | undefined)[]
  models: readonly string[]
  repeats: number
  concurrency: number
  tags: readonly string[]
  limit?: number
  out?: string
  min?: number
  maxErrors: number
  maxCost?: number
  retryErrors: boolean
  daemon: boolean
  strategy?: 'auto' | 'plan' | 'direct'
  oracle?: { noise: boolean; seed: number }
}

/** @throws UsageError for values and combinations that make no sense */
export function readOrder(dataset: string, options: EvalOptions, cwd: string): EvalOrder {
  const { agent, model, daemon, strategy, oracle, noise, out } = options
  const refuse = (found: boolean, message: string) => {
    if (found) throw new UsageError(message)
  }
  refuse(noise && !oracle, '--noise needs --oracle: a real model makes its own mistakes.')
  refuse(
    options.seed !== undefined && !noise,
    '--seed chooses the mistakes of --noise. Add --noise, or remove --seed.',
  )
  refuse(
    strategy !== undefined && !daemon,
    '--strategy is for the runs of a daemon. Add --daemon, or remove --strategy.',
  )
  refuse(oracle && model.length > 0, '--oracle answers instead of a model. Remove --model.')
  refuse(oracle && daemon, 'A daemon uses the models of its configuration. Remove --oracle or --daemon.')
  refuse(
    daemon && (model.length > 0 || options.level !== undefined),
    "The daemon's configuration decides about models and levels. Remove --model and --level, or --daemon.",
  )
  const limit = whole('--limit', options.limit)
  const min = number('--min', options.min, 1)
  const maxCost = number('--max-cost', options.maxCost)
  return {
    dataset,
    ...(agent !== undefined && { agent }),
    levels: options.level === undefined ? [undefined] : options.level.split(',').map(readLevel),
    models: model,
    repeats: whole('--repeats', options.repeats) ?? 1,
    concurrency: whole('--concurrency', options.concurrency) ?? 4,
    tags: options.tag,
    ...(limit !== undefined && { limit }),
    ...(out !== undefined && { out: resolve(cwd, out) }),
    ...(min !== undefined && { min }),
    maxErrors: number('--max-errors', options.maxErrors, 1) ?? 0,
    ...(maxCost !== undefined && { maxCost }),
    retryErrors: options.retryErrors,
    daemon,
    ...(strategy !== undefined && { strategy }),
    ...(oracle && { oracle: { noise, seed: whole('--seed', options.seed) ?? 1 } }),
  }
}

function readLevel(text: string): Level {
  const trimmed = text.trim()
  const parsed = levelSchema.safeParse(/^\d$/.test(trimmed) ? Number(trimmed) : trimmed)
  if (parsed.success) return parsed.data
  throw new UsageError(
    `--level: expected levels from 0 to 5 or their names (${LEVEL_NAMES.join(', ')}), separated by commas, found "${text}".`,
  )
}

function whole(option: string, text: string | undefined): number | undefined {
  const value = number(option, text)
  if (value === undefined || (Number.isInteger(value) && value > 0)) return value
  throw new UsageError(`${option}: expected a whole number from 1, found "${text}".`)
}

function number(
  option: string,
  text: string | undefined,
  most = Number.POSITIVE_INFINITY,
): number | undefined {
  if (text === undefined) return undefined
  const value = text.trim() === '' ? Number.NaN : Number(text)
  if (value >= 0 && value <= most) return value
  const range = most === 1 ? 'a share from 0 to 1, such as 0.9' : 'a number from 0'
  throw new UsageError(`${option}: expected ${range}, found "${text}".`)
}
