import { homedir } from 'node:os'
import { join } from 'node:path'

/** Folders where package managers put nats-server and which PATH often lacks. */
export function usualPlaces(
  env: Readonly<Record<string, string | undefined>>,
  platform: NodeJS.Platform = process.platform,
): string[] {
  const home = env.HOME || env.USERPROFILE || homedir()
  if (platform === 'win32') {
    return [
      join(home, 'scoop', 'shims'),
      join(env.ProgramData ?? 'C:\\ProgramData', 'chocolatey', 'bin'),
      join(env.ProgramFiles ?? 'C:\\Program Files', 'nats-server'),
      join(home, 'go', 'bin'),
    ]
  }
  return [
    // Debian's package installs to /usr/sbin, which the PATH of a user often lacks.
    '/usr/sbin',
    '/usr/local/bin',
    '/usr/local/sbin',
    '/usr/bin',
    '/opt/homebrew/bin',
    '/home/linuxbrew/.linuxbrew/bin',
    '/snap/bin',
    join(home, '.local', 'bin'),
    join(home, 'bin'),
    join(home, 'go', 'bin'),
  ]
}
