import { realpathSync } from 'node:fs'
import { sep } from 'node:path'
import { fileURLToPath } from 'node:url'

/**
 * The folders that a child must read to load packages: every `node_modules` above a package's links and
 * above where they lead to. They hold published code, nothing of a run or of a user.
 */
export function packageFolders(names: string[]): string[] {
  const folders = new Set<string>()
  for (const name of names) {
    const file = fileURLToPath(import.meta.resolve(name))
    folders.add(outermost(file))
    folders.add(outermost(realpathSync(file)))
  }
  // Packages are found from this file upwards, through links that lie beside each folder on the way.
  const own = fileURLToPath(import.meta.url).split(sep)
  for (let depth = own.length - 1; depth > 1; depth--) {
    if (own[depth - 1] !== 'node_modules') folders.add([...own.slice(0, depth), 'node_modules'].join(sep))
  }
  return [...folders]
}

function outermost(file: string): string {
  const parts = file.split(sep)
  return parts.slice(0, parts.indexOf('node_modules') + 1).join(sep)
}
