/** Setup of the unit tests: a test that starts a process fails, because its file must be named `*.live.test.ts`. */
import childProcess from 'node:child_process'
import { syncBuiltinESMExports } from 'node:module'

const STARTERS = ['exec', 'execFile', 'execFileSync', 'execSync', 'fork', 'spawn', 'spawnSync'] as const

for (const name of STARTERS) {
  Object.assign(childProcess, {
    [name]: () => {
      throw new Error(`a unit test called child_process.${name}: rename its file to *.live.test.ts`)
    },
  })
}
syncBuiltinESMExports()
