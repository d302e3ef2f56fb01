/** One option of a command. */
export interface OptionSpec {
  type: 'string' | 'boolean'
  /** One letter. */
  short?: string
  multiple?: boolean
  /** What stands for the value in the help: `name=path`. */
  value?: string
  help: string
}

/** The options as they were given: strings, booleans, or lists where an option may repeat. */
export type OptionValues = Record<string, string | boolean | string[] | undefined>

/** What a command is run with. */
export interface CommandContext {
  options: OptionValues
  /** Words that are no options. */
  words: string[]
  cwd: string
  env: NodeJS.ProcessEnv
  /** Aborted by the first Ctrl-C or SIGTERM. */
  signal: AbortSignal
  print(line: string): void
  /** For people, beside the result: progress and warnings. */
  note(line: string): void
  json: boolean
}

/** A command of the `bailiwick` program. Its module loads nothing heavy: `run` imports what it needs. */
export interface Command {
  /** What follows the name: `"<task>"`, `<run>`. */
  words: string
  /** Fewest and most words. */
  count: [number, number]
  /** Further lines of its own help. */
  details?: string
  options: Record<string, OptionSpec>
  /** False where no configuration is read: there is no `--config` then. */
  configured?: false
  run(context: CommandContext): Promise<number>
}

const CONFIG_OPTION: OptionSpec = {
  type: 'string',
  value: 'file',
  help: 'configuration; default: bailiwick.config.{ts,js,mjs} here or above',
}

/** All options of a command: its own, then those of every command. */
export function optionsOf({ options, configured }: Command): Record<string, OptionSpec> {
  return {
    ...options,
    ...(configured !== false && { config: CONFIG_OPTION }),
    json: { type: 'boolean', help: 'print JSON, for programs' },
    help: { type: 'boolean', short: 'h', help: 'show this' },
  }
}
