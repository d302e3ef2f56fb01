import {
  type ArgumentSpec,
  allOptions,
  type CommandDescription,
  type OptionSpec,
} from '../command/define-command.ts'

type Commands = readonly CommandDescription[]

/** Returns a script that completes commands, options and values in a shell. The script never starts `bailiwick`. */
export function completionScript(shell: 'bash' | 'zsh' | 'fish', commands: Commands): string {
  return { bash: bashScript, zsh: zshScript, fish: fishScript }[shell](commands)
}

/** What a shell can offer as a value: words, or paths. */
type Values = readonly string[] | 'files' | 'folders' | undefined

function optionValues({ choices, value = '' }: OptionSpec): Values {
  return choices ?? pathKind(value)
}

function argumentValues(key: string, { choices }: ArgumentSpec): Values {
  return choices ?? pathKind(key)
}

function pathKind(placeholder: string): Values {
  if (/\b(file|path)\b/.test(placeholder)) return 'files'
  return /\bdir\b/.test(placeholder) ? 'folders' : undefined
}

function bashScript(commands: Commands): string {
  const names = commands.map(({ name }) => name).join(' ')
  return `# bash completion for bailiwick
_bailiwick() {
  local current=\${COMP_WORDS[COMP_CWORD]} at=$((COMP_CWORD - 1)) split=
  # Bash splits "--option=value" and "name=path" at "=".
  if [[ $current == = ]]; then
    current= split=1
  elif [[ \${COMP_WORDS[at]} == = ]]; then
    at=$((at - 1)) split=1
  fi
  [[ $split && \${COMP_WORDS[at]} != -* ]] && at=$((at - 1))
  if ((COMP_CWORD == 1)); then
    _bailiwick_words '${names} --help --version'
    return
  fi
  case "\${COMP_WORDS[1]} \${COMP_WORDS[at]}" in
${commands.flatMap(bashOptionValues).join('\n')}
  esac
  case "\${COMP_WORDS[1]} $current" in
${commands.flatMap(bashCommand).join('\n')}
  esac
}
_bailiwick_words() {
  local IFS=$' \\t\\n'
  COMPREPLY=($(compgen -W "$1" -- "$current"))
}
_bailiwick_files() {
  local IFS=$'\\n'
  compopt -o filenames 2> /dev/null
  COMPREPLY=($(compgen -f -- "$current"))
}
_bailiwick_folders() {
  local IFS=$'\\n'
  compopt -o filenames 2> /dev/null
  COMPREPLY=($(compgen -d -- "$current"))
}
complete -F _bailiwick bailiwick`
}

function bashOptionValues(command: CommandDescription): string[] {
  return Object.entries(allOptions(command))
    .filter(([, { value }]) => value !== undefined)
    .map(([key, option]) => {
      const flags = option.short === undefined ? [`--${key}`] : [`-${option.short}`, `--${key}`]
      const patterns = flags.map((flag) => `'${command.name} ${flag}'`).join(' | ')
      return `    ${patterns}) ${bashOffer(optionValues(option))}; return ;;`
    })
}

function bashCommand(command: CommandDescription): string[] {
  const { name } = command
  const flags = Object.keys(allOptions(command)).map((key) => `--${key}`)
  const values = Object.entries(command.arguments)
    .map(([key, spec]) => argumentValues(key, spec))
    .find((one) => one !== undefined)
  const offerFlags = `    '${name} '*) ${bashOffer(flags)} ;;`
  if (values === undefined) return [offerFlags]
  return [`    '${name} -'*) ${bashOffer(flags)} ;;`, `    '${name} '*) ${bashOffer(values)} ;;`]
}

function bashOffer(values: Values): string {
  if (values === undefined) return ':'
  return typeof values === 'string' ? `_bailiwick_${values}` : `_bailiwick_words '${values.join(' ')}'`
}

function zshScript(commands: Commands): string {
  return `#compdef bailiwick
_bailiwick() {
  local state
  local -a commands
  commands=(
${commands.map(({ name, summary }) => `    ${quote(`${name}:${summary}`)}`).join('\n')}
  )
  _arguments -C '(- *)'{-h,--help}'[Show this help]' '(- *)'{-v,--version}'[Show the version]' '1: :->command' '*:: :->rest'
  case $state in
    command) _describe command commands ;;
    rest)
      case $words[1] in
${commands.map(zshCommand).join('\n')}
      esac
      ;;
  esac
}
if [[ $funcstack[1] == _bailiwick ]]; then
  _bailiwick "$@"
else
  compdef _bailiwick bailiwick
fi`
}

function zshCommand(command: CommandDescription): string {
  const options = Object.entries(allOptions(command)).map(([key, spec]) => zshOption(key, spec))
  const positional = Object.entries(command.arguments).map(([key, spec], index) =>
    quote(`${index + 1}:${zshEscape(key)}:{${zshAction(argumentValues(key, spec))}}`),
  )
  return `        ${command.name}) _arguments ${[...options, ...positional].join(' ')} ;;`
}

function zshOption(key: string, option: OptionSpec): string {
  const { short, value, multiple, help } = option
  const long = value === undefined ? `--${key}` : `--${key}=`
  const flags =
    short === undefined ? quote(long) : `{-${short}${value === undefined ? '' : '+'},${quote(long)}}`
  const once = short === undefined ? '' : quote(`(-${short} --${key})`)
  // In "name=path" the path starts after "=".
  const strip = value?.startsWith('name=') ? 'compset -P "*="; ' : ''
  const action =
    value === undefined ? '' : `:${zshEscape(value)}:{${strip}${zshAction(optionValues(option))}}`
  return `${multiple ? quote('*') : once}${flags}${quote(`[${zshEscape(help)}]${action}`)}`
}

/** Returns code that offers the values. */
function zshAction(values: Values): string {
  // An action that only shows a message would keep zsh from completing options.
  if (values === undefined) return ':'
  if (values === 'files') return '_files'
  return values === 'folders' ? '_files -/' : `compadd ${values.join(' ')}`
}

function zshEscape(text: string): string {
  return text.replaceAll(/[[\]:\\]/g, '\\$&')
}

function fishScript(commands: Commands): string {
  const first = '__fish_use_subcommand'
  return [
    '# fish completion for bailiwick',
    'complete -c bailiwick -f',
    `complete -c bailiwick -n ${first} -s h -l help -d 'Show this help'`,
    `complete -c bailiwick -n ${first} -s v -l version -d 'Show the version'`,
    ...commands.map(
      ({ name, summary }) => `complete -c bailiwick -n ${first} -a ${name} -d ${quote(summary)}`,
    ),
    ...commands.flatMap(fishCommand),
  ].join('\n')
}

function fishCommand(command: CommandDescription): string[] {
  const start = `complete -c bailiwick -n '__fish_seen_subcommand_from ${command.name}'`
  const options = Object.entries(allOptions(command)).map(([key, option]) => {
    const short = option.short === undefined ? '' : ` -s ${option.short}`
    const value = option.value === undefined ? '' : ` -r ${fishOffer(optionValues(option))}`
    return `${start}${short} -l ${key}${value} -d ${quote(option.help)}`
  })
  const positional = Object.entries(command.arguments)
    .map(([key, spec]) => argumentValues(key, spec))
    .filter((values) => values !== undefined)
    .map((values) => `${start} ${fishOffer(values)}`)
  return [...options, ...positional]
}

function fishOffer(values: Values): string {
  if (values === undefined) return '-f'
  if (values === 'files') return '-F'
  return values === 'folders' ? "-f -a '(__fish_complete_directories)'" : `-f -a '${values.join(' ')}'`
}

/** Quotes a text as one word. The shells here agree on single quotes, except that fish also needs `\\` escaped. */
function quote(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`
}
