import { statSync } from 'node:fs'
import { isBuiltin } from 'node:module'
import type { Plugin } from 'esbuild'

/** The namespace of the empty modules that stand for those of the runtime. */
const EMPTY = 'empty'

/**
 * Loads only JavaScript modules: regular files that end in .js, .mjs or .cjs. Everything else becomes an empty module;
 * `checkGraph` then says who imports it. The runtime's own modules become empty too, because a package that works
 * without `fs` must load.
 *
 * @param loaded receives the path of each file, and whether it is a module
 */
export function onlyModules(loaded: Map<string, boolean>): Plugin {
  const nothing = { contents: 'module.exports = {}', loader: 'js' } as const
  return {
    name: 'only-modules',
    setup({ onResolve, onLoad }) {
      onResolve({ filter: /^(node:)?[a-z][\w/]*$/ }, ({ path }) =>
        isBuiltin(path) ? { path, namespace: EMPTY } : undefined,
      )
      onLoad({ filter: /.*/ }, ({ path, namespace, with: attributes }) => {
        if (namespace !== 'file') return nothing
        const plain = Object.keys(attributes).length === 0
        const isModule = plain && /\.[cm]?js$/.test(path) && statSync(path).isFile()
        loaded.set(path, isModule && loaded.get(path) !== false)
        // esbuild loads modules itself, because it knows which of them the package's manifest replaces by nothing.
        return isModule ? undefined : nothing
      })
    },
  }
}

/** Tells whether an input of a bundle has no content of any file. */
export function isEmptyInput(input: string): boolean {
  return input.startsWith(`${EMPTY}:`) || input.startsWith('(disabled):')
}
