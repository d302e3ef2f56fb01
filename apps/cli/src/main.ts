import { EXIT } from './command/exit-codes.ts'
import { runProgram } from './program/run-program.ts'

process.stdout.on('error', endUnread)
process.stderr.on('error', endUnread)
process.exitCode = await runProgram(process.argv.slice(2))

/** In "bailiwick events | head -3" the reader closes the pipe. That is no defect, so print no stack. */
function endUnread(error: Error & { code?: string }): void {
  if (error.code !== 'EPIPE') throw error
  process.exit(EXIT.error)
}
