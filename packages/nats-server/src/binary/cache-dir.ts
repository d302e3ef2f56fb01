import { join } from 'node:path'
import { userCacheDir } from '@bailiwick/debian'

/** Where fetched binaries are kept. */
export interface CacheOptions {
  /** The environment to read. Default: `process.env`. */
  readonly env?: Readonly<Record<string, string | undefined>>
  /** The folder that holds `<version>/nats-server`. Overrides the other options. */
  readonly cacheDir?: string
  /** The application's folder in the user's cache directory. Default: `bailiwick`. */
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

/** The executable's file name on this platform. */
export const EXECUTABLE = process.platform === 'win32' ? 'nats-server.exe' : 'nats-server'
