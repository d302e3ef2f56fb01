/** Builds every package with Turborepo, without its telemetry and the notice about that. */
import { spawnSync } from 'node:child_process'

const { status } = spawnSync('turbo', ['run', 'build', '--output-logs=errors-only'], {
  stdio: 'inherit',
  env: { ...process.env, TURBO_TELEMETRY_DISABLED: '1' },
  shell: process.platform === 'win32',
})
process.exitCode = status ?? 1
