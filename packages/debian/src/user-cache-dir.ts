import { homedir } from 'node:os'
import { join } from 'node:path'

/** The user's cache directory: `XDG_CACHE_HOME` or `~/.cache` on Linux, `~/Library/Caches` on macOS, `%LOCALAPPDATA%` on Windows. */
export function userCacheDir(
  env: Readonly<Record<string, string | undefined>> = process.env,
  platform: NodeJS.Platform = process.platform,
): string {
  const home = env.HOME || env.USERPROFILE || homedir()
  // The XDG specification says to ignore relative paths.
  if (env.XDG_CACHE_HOME?.startsWith('/')) return env.XDG_CACHE_HOME
  if (platform === 'darwin') return join(home, 'Library', 'Caches')
  if (platform === 'win32') return env.LOCALAPPDATA || join(home, 'AppData', 'Local')
  return join(home, '.cache')
}
