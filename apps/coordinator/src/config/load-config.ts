import { existsSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { loadEnvFile } from 'node:process'
import { importFile } from '@bailiwick/agent/definition'
import { errorText, InputError } from '@bailiwick/contract'
import { type CheckedConfig, configSchema, type Member, memberSchema } from './config-schema.ts'
import { explainIssues } from './explain-issues.ts'
import { findConfig } from './find-config.ts'

/** The team of a daemon without a configuration. */
export const SHIPPED_TEAM = ['@bailiwick/agent-analyst', '@bailiwick/agent-writer']

/** A checked configuration with absolute paths. */
export interface LoadedConfig extends Omit<CheckedConfig, 'team'> {
  /** The file it was read from; undefined if there is none and every option has its default. */
  file: string | undefined
  /** Relative paths in the configuration start from this folder. */
  folder: string
  team: Member[]
}

/**
 * Loads the configuration in a folder or the nearest one above it; without a file, every option has its default. Reads
 * a `.env` file next to it first, which does not replace variables that are already set.
 *
 * @param options.file the configuration that the command line names
 * @param options.dataDir replaces the configuration's `dataDir`
 * @throws InputError that lists every fault
 */
export async function loadConfig(options: {
  cwd: string
  file?: string | undefined
  dataDir?: string | undefined
}): Promise<LoadedConfig> {
  const file = options.file === undefined ? findConfig(options.cwd) : resolve(options.cwd, options.file)
  if (file !== undefined && !existsSync(file)) {
    throw new InputError(`Expected a configuration at ${file}, found no file. "bailiwick init" writes one.`)
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
    nats: { ...config.nats, ...resolveNatsFiles(folder, config.nats) },
    dataDir: resolve(folder, options.dataDir ?? config.dataDir),
  }
}

/** Checks a configuration object. @throws InputError with one line for each fault */
export function checkConfig(input: unknown, file = 'the configuration'): CheckedConfig {
  const parsed = configSchema.safeParse(input)
  if (parsed.success) return parsed.data
  const lines = explainIssues(parsed.error.issues, input, configSchema)
  throw new InputError([`Cannot use ${file}:`, ...lines.map((line) => `  ${line}`)].join('\n'))
}

/**
 * Imports the default export of a configuration file. `import … from 'bailiwick'` means this installation if no such
 * package is installed next to the file, as with npx.
 *
 * @throws InputError if the file cannot be loaded or has no default export
 */
async function importConfig(file: string): Promise<unknown> {
  let loaded: { default?: unknown }
  try {
    loaded = await importFile(file, [
      { packages: /^bailiwick$/, from: import.meta.url, as: '@bailiwick/coordinator/config/define-config' },
    ])
  } catch (error) {
    const name = error instanceof Error ? `${error.name}: ` : ''
    const [firstLine = ''] = errorText(error).split('\n')
    throw new InputError(`Cannot load ${file}: ${name}${firstLine}`, { cause: error })
  }
  if (loaded.default !== undefined) return loaded.default
  throw new InputError(`Expected "export default defineConfig({ … })" in ${file}, found no default export.`)
}

function resolveNatsFiles(folder: string, nats: CheckedConfig['nats']): Partial<CheckedConfig['nats']> {
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
    throw new InputError(`Cannot read ${file}: ${errorText(error)}`, { cause: error })
  }
}
