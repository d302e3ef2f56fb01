import { existsSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { loadEnvFile } from 'node:process'
import { InputError } from '@bailiwick/contract'
import { type CheckedConfig, configSchema, type Member, memberSchema } from './config-schema.ts'
import { explainIssues } from './explain-issues.ts'
import { findConfig } from './find-config.ts'
import { importConfig } from './import-config.ts'
import { knownKeys } from './known-keys.ts'

/** The specialists of a daemon without configuration. */
export const SHIPPED_TEAM = ['@bailiwick/agent-analyst', '@bailiwick/agent-writer']

/** A configuration, checked, with its paths made absolute. */
export interface LoadedConfig extends Omit<CheckedConfig, 'team'> {
  /** The file it came from; undefined where there is none and everything is a default. */
  file: string | undefined
  /** The folder that its paths start from. */
  folder: string
  team: Member[]
}

/**
 * The configuration at or above a folder, or the defaults where there is none. A `.env` beside it is read
 * first; what the environment already has stays.
 *
 * @param options.file a configuration named on the command line
 * @param options.dataDir replaces the configuration's
 * @throws InputError naming every fault, with its path and what was wanted
 */
export async function loadConfig(options: {
  cwd: string
  file?: string | undefined
  dataDir?: string | undefined
}): Promise<LoadedConfig> {
  const file = options.file === undefined ? findConfig(options.cwd) : resolve(options.cwd, options.file)
  if (file !== undefined && !existsSync(file)) {
    throw new InputError(`no configuration at ${file}; "bailiwick init" writes one`)
  }
  const folder = file === undefined ? resolve(options.cwd) : dirname(file)
  readEnvFile(resolve(folder, '.env'))
  const config = checkConfig(file === undefined ? {} : await importConfig(file), file)
  return {
    ...config,
    file,
    folder,
    team: (config.team ?? SHIPPED_TEAM).map((member) =>
      typeof member === 'string' ? memberSchema.parse({ agent: member }) : member,
    ),
    nats: {
      ...config.nats,
      ...resolved(folder, config.nats),
    },
    dataDir: resolve(folder, options.dataDir ?? config.dataDir),
  }
}

/** Parses a configuration object. @throws InputError with a line for each fault */
export function checkConfig(input: unknown, file = 'the configuration'): CheckedConfig {
  const parsed = configSchema.safeParse(input)
  if (parsed.success) return parsed.data
  const lines = explainIssues(parsed.error.issues, input, (path) => knownKeys(configSchema, path))
  throw new InputError([`${file} cannot be used:`, ...lines.map((line) => `  ${line}`)].join('\n'))
}

/** The paths of the server's files, from the configuration's folder. */
function resolved(folder: string, nats: CheckedConfig['nats']): Partial<CheckedConfig['nats']> {
  return Object.fromEntries(
    (['credentials', 'ca', 'cert', 'key'] as const).flatMap((name) => {
      const path = nats[name]
      return path === undefined ? [] : [[name, resolve(folder, path)]]
    }),
  )
}

function readEnvFile(file: string): void {
  if (!existsSync(file)) return
  try {
    loadEnvFile(file)
  } catch (error) {
    throw new InputError(`${file} could not be read: ${error instanceof Error ? error.message : error}`)
  }
}
