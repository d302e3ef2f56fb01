import { dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { expect, it } from 'vitest'
import { childCommand } from './child-command.ts'

const limits = { timeMs: 1_000, readPace: 1, memoryBytes: 2 ** 27, diskBytes: 0, replyBytes: 1 }
const own = fileURLToPath(new URL('../..', import.meta.url)).replace(/[/\\]$/, '')

/** The readable paths of a child, without the folders that hold published packages. */
function readable(file: string, packages: string[] = []): string[] {
  return childCommand({ entry: pathToFileURL(file), packages, limits })
    .args.filter((flag) => flag.startsWith('--allow-fs-read='))
    .map((flag) => flag.slice('--allow-fs-read='.length))
    .filter((path) => !path.endsWith('node_modules'))
}

it('lets a child read the code of its package, and not the rest of the package', () => {
  expect(readable(join(own, 'src', 'table', 'sql-child.ts'))).toEqual([
    join(own, 'src'),
    join(own, 'package.json'),
  ])
})

it('lets a child read the code of the packages that it names', () => {
  const contract = join(dirname(own), 'contract')
  expect(readable(join(own, 'src', 'table', 'sql-child.ts'), ['@bailiwick/contract/world'])).toEqual([
    join(own, 'src'),
    join(own, 'package.json'),
    join(contract, 'src'),
    join(contract, 'package.json'),
  ])
})

it('lets a child outside a package read only its own folder', () => {
  const nowhere = join('/', 'no-such-folder', 'deep', 'child.js')
  expect(readable(nowhere)).toEqual([dirname(nowhere), join(own, 'src'), join(own, 'package.json')])
})

it('lets an installed child read nothing but published packages', () => {
  const installed = join('/', 'app', 'node_modules', '@bailiwick', 'tools', 'dist', 'table', 'sql-child.js')
  expect(readable(installed)).toEqual([join(own, 'src'), join(own, 'package.json')])
})
