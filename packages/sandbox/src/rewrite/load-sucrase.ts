import { createRequire } from 'node:module'
import type * as Sucrase from 'sucrase'

/**
 * Loads sucrase on first use, because that takes 50 ms. The child's bundle replaces this file, because the child may
 * not read `node_modules`.
 */
export function loadSucrase(): typeof Sucrase {
  return createRequire(import.meta.url)('sucrase')
}
