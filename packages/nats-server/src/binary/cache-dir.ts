import { homedir } from 'node:os'
import { join } from 'node:path'

/** Where fetched binaries are looked for and kept. */
export interface CacheOptions {
  /** Environment to read; default `process.env`. */
  readonly env?: Readonly<Record<string, string | undefined>>
  /** The folder that holds `<version>/nats-server`; wins over everything below. */
  readonly cacheDir?: string
  /** Name of the application's folder in the user's cache directory. Default `bailiwick`. */
  readonly cacheName?: string
}

/**
 * `cacheDir`, or `<the user's cache>/<cacheName>/nats-server`: `XDG_CACHE_HOME` or `~/.cache` on Linux,
 * `~/Library/Caches` on macOS, `%LOCALAPPDATA%` on Windows.
 */
export function binaryCacheDir(
  { env = process.env, cacheDir, cacheName = 'bailiwick' }: CacheOptions = {},
  platform: NodeJS.Platform = process.platform,
): string {
  return cacheDir ?? join(userCacheDir(env, platform), cacheName, 'nats-server')
}

function userCacheDir(env: Readonly<Record<string, string | undefined>>, platform: NodeJS.Platform): string {
  const home = env.HOME || env.USERPROFILE || homedir()
  // A relative XDG path is to be ignored, as its specification says.
  if (env.XDG_CACHE_HOME?.startsWith('/')) return env.XDG_CACHE_HOME
  if (platform === 'darwin') return join(home, 'Library', 'Caches')
  if (platform === 'win32') return env.LOCALAPPDATA || join(home, 'AppData', 'Local')
  return join(home, '.cache')
}

/** The executable's file name on this platform. */
export const EXECUTABLE = process.platform === 'win32' ? 'nats-server.exe' : 'nats-server'
