import { parseArgs } from 'node:util'
import { nearest } from '@bailiwick/coordinator/config/nearest'
import { type Command, type OptionSpec, type OptionValues, optionsOf } from './command.ts'
import { UsageError } from './usage-error.ts'

/**
 * The options and words of one command's line.
 *
 * @throws UsageError for an unknown option (with the nearest known one), a missing value, too few or too
 * many words
 */
export function parseWords(
  name: string,
  command: Command,
  line: string[],
): { options: OptionValues; words: string[] } {
  const specs = optionsOf(command)
  const { values, positionals, tokens } = parseArgs({
    args: line,
    strict: false,
    allowPositionals: true,
    tokens: true,
    options: Object.fromEntries(
      Object.entries(specs).map(([key, { type, short, multiple }]) => [
        key,
        { type, ...(short !== undefined && { short }), ...(multiple !== undefined && { multiple }) },
      ]),
    ),
  })
  for (const token of tokens) if (token.kind === 'option') checkOption(name, specs, token)
  const options: OptionValues = {}
  for (const [key, value] of Object.entries(values)) {
    options[key] = Array.isArray(value) ? value.map(String) : value
  }
  if (options.help !== true) checkWords(name, command, positionals)
  return { options, words: positionals }
}

function checkOption(
  command: string,
  specs: Record<string, OptionSpec>,
  token: { name: string; rawName: string; value: string | undefined },
): void {
  const spec = specs[token.name]
  if (spec === undefined) {
    const meant = nearest(token.name, Object.keys(specs))
    const hint =
      meant === undefined ? `"bailiwick ${command} --help" lists what there is` : `did you mean --${meant}?`
    throw new UsageError(`unknown option ${token.rawName} for "bailiwick ${command}": ${hint}`)
  }
  // A next option is no value: "--out --json" has forgotten one.
  if (spec.type === 'string' && (token.value === undefined || token.value.startsWith('--'))) {
    throw new UsageError(`${token.rawName} wants a value: ${token.rawName} <${spec.value ?? 'value'}>`)
  }
  if (spec.type === 'boolean' && token.value !== undefined) {
    throw new UsageError(`${token.rawName} takes no value; got "${token.value}"`)
  }
}

function checkWords(name: string, command: Command, words: string[]): void {
  const [least, most] = command.count
  if (words.length >= least && words.length <= most) return
  const usage = `bailiwick ${name}${command.words === '' ? '' : ` ${command.words}`}`
  const missing = command.words
    .split(' ')
    .filter((word) => !word.startsWith('['))
    .slice(words.length, least)
  if (missing.length > 0) {
    const are = missing.length === 1 ? 'is' : 'are'
    throw new UsageError(`${missing.join(' and ')} ${are} missing; wanted: ${usage}`)
  }
  throw new UsageError(
    `too many words: "${words.slice(most).join(' ')}"; wanted: ${usage}${command.words.includes('"') ? ' (put the task in quotes)' : ''}`,
  )
}
