import { nearest } from '@bailiwick/coordinator/config/nearest'
import { version } from '@bailiwick/coordinator/config/version'
import { CodedError } from './coded-error.ts'
import { COMMANDS } from './command-table.ts'
import { EXIT } from './exit-codes.ts'
import { commandHelp, programHelp } from './help.ts'
import { parseWords } from './parse-words.ts'
import { tellError } from './tell-error.ts'
import { UsageError } from './usage-error.ts'

/** Runs one command line and resolves with its exit code. Every error ends here, as one clear message. */
export async function runProgram(line: string[]): Promise<number> {
  const json = line.includes('--json')
  process.stdout.on('error', endUnread)
  process.stderr.on('error', endUnread)
  try {
    return await dispatch(line)
  } catch (error) {
    return tellError(error, json)
  }
}

async function dispatch(line: string[]): Promise<number> {
  const [first, ...others] = line
  // "help run" is "run --help".
  const [name, ...rest] = first === 'help' && others.length > 0 ? [...others, '--help'] : line
  if (name === undefined || name === '--help' || name === '-h' || name === 'help') {
    console.log(programHelp())
    return name === undefined ? EXIT.usage : EXIT.ok
  }
  if (name === '--version' || name === '-v') {
    console.log(version())
    return EXIT.ok
  }
  const row = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined
  if (row === undefined) throw unknown(name)
  const { command } = await row.load()
  const { options, words } = parseWords(name, command, rest)
  if (options.help === true) {
    console.log(commandHelp(name, command))
    return EXIT.ok
  }
  const interrupt = new AbortController()
  const stop = () => interrupt.abort(new CodedError('interrupted', 'interrupted'))
  process.once('SIGINT', stop)
  process.once('SIGTERM', stop)
  try {
    return await command.run({
      options,
      words,
      cwd: process.cwd(),
      env: process.env,
      signal: interrupt.signal,
      json: options.json === true,
      print: (text) => process.stdout.write(`${text}\n`),
      note: (text) => process.stderr.write(`${text}\n`),
    })
  } finally {
    process.off('SIGINT', stop)
    process.off('SIGTERM', stop)
  }
}

function unknown(name: string): UsageError {
  const [kind, known] = name.startsWith('-')
    ? (['option', ['--help', '--version']] as const)
    : (['command', Object.keys(COMMANDS)] as const)
  const meant = nearest(name, known)
  const hint = meant === undefined ? '"bailiwick --help" lists what there is' : `did you mean "${meant}"?`
  return new UsageError(`unknown ${kind} "${name}": ${hint}`)
}

/** "bailiwick events | head -3": nobody reads any more, and that is no defect to show a stack of. */
function endUnread(error: Error & { code?: string }): void {
  if (error.code !== 'EPIPE') throw error
  process.exit(EXIT.error)
}
