import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'

/** Makes a folder with installed packages, from names to files to sources. */
export function packageFolder(packages: Record<string, Record<string, string>>): string {
  const folder = mkdtempSync(join(tmpdir(), 'bailiwick-packages-'))
  for (const [name, files] of Object.entries(packages)) {
    const root = join(folder, 'node_modules', name)
    mkdirSync(root, { recursive: true })
    const manifest = { name, version: '1.0.0', type: 'module', main: 'index.js' }
    writeFileSync(join(root, 'package.json'), JSON.stringify(manifest))
    for (const [file, source] of Object.entries(files)) {
      mkdirSync(dirname(join(root, file)), { recursive: true })
      writeFileSync(join(root, file), source)
    }
  }
  return folder
}
