import { CommanderError } from 'commander'
import type { CommandSpec } from '../command/define-command.ts'
import { EXIT } from '../command/exit-codes.ts'
import { buildProgram, type ParsedLine } from './build-program.ts'

/** Runs one command line and resolves with its exit code. Every error ends here, as one message. */
export async function runProgram(line: string[]): Promise<number> {
  let exitCode: number = EXIT.ok
  const program = buildProgram(line, async (spec, parsed) => {
    exitCode = await execute(spec, parsed)
  })
  try {
    await program.parseAsync(line, { from: 'user' })
    return exitCode
  } catch (error) {
    // Commander ends this way after it has printed help or the version.
    if (error instanceof CommanderError && error.code.startsWith('commander.')) {
      return error.exitCode === 0 ? EXIT.ok : EXIT.usage
    }
    const { reportError } = await import('./report-error.ts')
    return reportError(error, line.includes('--json'))
  }
}

async function execute(spec: CommandSpec, line: ParsedLine): Promise<number> {
  const [{ BailiwickError, visibleJson, visibleText }, command] = await Promise.all([
    import('@bailiwick/contract/world'),
    spec.load(),
  ])
  const interrupt = new AbortController()
  const stop = () => interrupt.abort(new BailiwickError('interrupted', 'Interrupted.'))
  process.once('SIGINT', stop)
  process.once('SIGTERM', stop)
  try {
    return await command.execute({
      ...line,
      cwd: process.cwd(),
      env: process.env,
      signal: interrupt.signal,
      print: (text, mark) => {
        const shown = line.json ? visibleJson(text) : visibleText(text)
        process.stdout.write(`${mark === undefined ? '' : `${mark} `}${shown}\n`)
      },
      note: (text) => process.stderr.write(`${visibleText(text)}\n`),
    })
  } finally {
    process.off('SIGINT', stop)
    process.off('SIGTERM', stop)
  }
}
