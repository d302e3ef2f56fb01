/** A positional argument of a command. */
export interface ArgumentSpec {
  /** Its name in the help, if it differs from its key: `run|task-id`. */
  placeholder?: string
  help: string
  optional?: true
  /** The only values that it accepts. */
  choices?: readonly string[]
}

/** An option of a command. Without `value` it is a flag. */
export interface OptionSpec {
  /** One letter. */
  short?: string
  /** Placeholder of the value in the help. Shell completion offers paths if it contains `file`, `path` or `dir`. */
  value?: string
  /** The only values that it accepts. */
  choices?: readonly string[]
  /** The option may be given more than once. */
  multiple?: true
  help: string
}

export type Arguments = Readonly<Record<string, ArgumentSpec>>
export type Options = Readonly<Record<string, OptionSpec>>

type CamelCase<Text extends string> = Text extends `${infer Head}-${infer Tail}`
  ? `${Head}${Capitalize<CamelCase<Tail>>}`
  : Text

type Choice<Spec> = Spec extends { choices: readonly (infer Value)[] } ? Value : string

/** The values of arguments, by key. */
export type ArgumentValues<Specs extends Arguments> = {
  [Key in keyof Specs]: Choice<Specs[Key]> | (Specs[Key] extends { optional: true } ? undefined : never)
}

/** The values of options, by key in camel case. An absent flag is false, an absent list is empty. */
export type OptionValues<Specs extends Options> = {
  [Key in keyof Specs & string as CamelCase<Key>]: Specs[Key] extends { value: string }
    ? Specs[Key] extends { multiple: true }
      ? Choice<Specs[Key]>[]
      : Choice<Specs[Key]> | undefined
    : boolean
}

/** Everything that a command receives from the command line and its surroundings. */
export interface CommandContext<Args = object, Opts = object> {
  args: Args
  options: Opts
  /** The value of `--config`. */
  config: string | undefined
  /** True with `--json`. */
  json: boolean
  cwd: string
  env: NodeJS.ProcessEnv
  /** Aborts at the first Ctrl-C or SIGTERM. */
  signal: AbortSignal
  /**
   * Prints a line of the result on stdout, with its control characters made visible.
   *
   * @param mark precedes the line and is printed unchanged, so that it can have a color
   */
  print(line: string, mark?: string): void
  /** Prints progress or a warning on stderr, with its control characters made visible. */
  note(line: string): void
}

/** What the help and shell completion say about a command. */
export interface CommandDescription {
  name: string
  /** One line of the list of commands, without a full stop. */
  summary: string
  /** Heading in the list of commands. */
  group: string
  /** Further paragraphs of the command's own help. Indented lines keep their indentation. */
  details?: string
  arguments: Arguments
  options: Options
  /** False if the command reads no configuration and so has no `--config`. */
  configured: boolean
  /** False if the command prints the same with and without `--json`, and so has no `--json`. */
  json: boolean
}

/** One row of the command table. */
export interface CommandSpec extends CommandDescription {
  /** Imports the command's module. Help and completion never call it. */
  load(): Promise<{ execute(context: CommandContext): Promise<number> }>
}

/** Describes a command. The compiler checks that its module accepts exactly these arguments and options. */
export function defineCommand<
  const Args extends Arguments = Record<never, never>,
  const Opts extends Options = Record<never, never>,
>(spec: {
  name: string
  summary: string
  group: string
  details?: string
  arguments?: Args
  options?: Opts
  configured?: false
  json?: false
  load(): Promise<{
    execute: (context: CommandContext<ArgumentValues<Args>, OptionValues<Opts>>) => Promise<number>
  }>
}): CommandSpec {
  return { arguments: {}, options: {}, configured: true, json: true, ...spec }
}

const CONFIG: OptionSpec = {
  value: 'file',
  help: 'Configuration file (default: the nearest bailiwick.config.{ts,js,mjs} in this folder or above)',
}
const JSON_OUTPUT: OptionSpec = { help: 'Print JSON' }
const HELP: OptionSpec = { short: 'h', help: 'Show this help' }

/** All options of a command: its own, then those that every command has. */
export function allOptions({ options, configured, json }: CommandDescription): Options {
  return { ...options, ...(configured && { config: CONFIG }), ...(json && { json: JSON_OUTPUT }), help: HELP }
}
