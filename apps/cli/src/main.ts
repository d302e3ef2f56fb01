import { runProgram } from './frame/run-program.ts'

process.exitCode = await runProgram(process.argv.slice(2))
