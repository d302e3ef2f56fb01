import { expect, it } from 'vitest'
import { binaryCacheDir } from './cache-dir.ts'

it("is in the user's cache directory", () => {
  const linux = (env: Record<string, string>) => binaryCacheDir({ env }, 'linux')
  expect(linux({ HOME: '/home/u' })).toBe('/home/u/.cache/bailiwick/nats-server')
  expect(linux({ HOME: '/home/u', XDG_CACHE_HOME: '/var/c' })).toBe('/var/c/bailiwick/nats-server')
  expect(linux({ HOME: '/home/u', XDG_CACHE_HOME: 'relative' })).toBe('/home/u/.cache/bailiwick/nats-server')
  expect(binaryCacheDir({ env: { HOME: '/Users/u' }, cacheName: 'acme' }, 'darwin')).toBe(
    '/Users/u/Library/Caches/acme/nats-server',
  )
  expect(binaryCacheDir({ cacheDir: '/x', cacheName: 'acme' })).toBe('/x')
})
