/**
 * Checks every import of every package: which package may import which, which heavy packages are confined to a folder
 * or must be loaded lazily, and that the folders of a package depend on each other in one direction. knip finds
 * undeclared and unused dependencies; Biome finds cycles between files.
 */
import { existsSync, globSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { parseSync } from 'oxc-parser'

/** Which packages of the workspace a package may import. The order is the architecture's, from the bottom up. */
const WORKSPACE: Record<string, readonly string[]> = {
  'packages/contract': [],
  'packages/core': ['@bailiwick/contract'],
  'packages/debian': ['@bailiwick/contract/world'],
  'packages/nats-server': ['@bailiwick/contract/world', '@bailiwick/debian'],
  // zod would be a quarter of the memory of a process that only runs code.
  'packages/sandbox': [
    '@bailiwick/contract/world',
    '@bailiwick/contract/temporary-folder',
    '@bailiwick/debian',
  ],
  'packages/models': ['@bailiwick/contract'],
  'packages/bus': ['@bailiwick/contract'],
  'packages/tools': ['@bailiwick/contract', '@bailiwick/core', '@bailiwick/bus'],
  'packages/client': ['@bailiwick/contract', '@bailiwick/bus', '@bailiwick/core/inputs'],
  'packages/agent': [
    ...[
      '@bailiwick/contract',
      '@bailiwick/core',
      '@bailiwick/models',
      '@bailiwick/sandbox',
      '@bailiwick/bus',
    ],
  ],
  'packages/eval': [
    ...[
      '@bailiwick/contract',
      '@bailiwick/core',
      '@bailiwick/models',
      '@bailiwick/tools',
      '@bailiwick/client',
      '@bailiwick/agent',
    ],
  ],
  'packages/agents/analyst': ['@bailiwick/core'],
  'packages/agents/writer': ['@bailiwick/core'],
  'apps/coordinator': ['@bailiwick'],
  'apps/cli': ['@bailiwick'],
  // It judges the project from outside, so it shares no code with it.
  'chaos/judge': [],
}

/** Heavy or dangerous packages: the only folders that may import them, and whether the import must be lazy. */
const CONFINED = [
  { packages: /^@langchain\//, folders: ['apps/coordinator/src/'], why: 'it costs 100 MiB and 340 ms' },
  { packages: /^isolated-vm$/, folders: ['packages/sandbox/src/child/'], why: 'it may crash its process' },
  {
    packages: /^@nats-io\//,
    folders: ['packages/bus/', 'packages/nats-server/', 'chaos/judge/'],
    why: 'everything else uses the bus package',
  },
  {
    packages: /^(openai|ollama)$/,
    folders: ['packages/models/'],
    lazy: true,
    why: 'everything else uses the models package',
  },
]
/** An agent in the user's process does not load NATS; only a host does. */
const LAZY_BUS = {
  packages: /^@bailiwick\/bus$/,
  within: 'packages/agent/src/',
  except: 'packages/agent/src/host/',
}

interface Import {
  specifier: string
  dynamic: boolean
  typeOnly: boolean
}

/** Every module that a TypeScript source names. Skips computed names, which no rule can judge. */
export function readImports(file: string, source: string): Import[] {
  const { module } = parseSync(file, source)
  return [
    ...module.staticImports.map(({ moduleRequest, entries }) => ({
      specifier: moduleRequest.value,
      dynamic: false,
      typeOnly: entries.length > 0 && entries.every((entry) => entry.isType),
    })),
    ...module.staticExports.flatMap(({ entries }) => {
      const specifier = entries.flatMap((entry) => entry.moduleRequest?.value ?? [])[0]
      const typeOnly = entries.every((entry) => entry.isType)
      return specifier === undefined ? [] : [{ specifier, dynamic: false, typeOnly }]
    }),
    ...module.dynamicImports.flatMap(({ moduleRequest: { start, end } }) => {
      const literal = /^(['"`])([^$]*)\1$/s.exec(source.slice(start, end))?.[2]
      return literal === undefined ? [] : [{ specifier: literal, dynamic: true, typeOnly: false }]
    }),
  ]
}

/** What is wrong with one import, or undefined. `folder` is the package's, `file` the importing file's path. */
export function checkImport(folder: string, file: string, found: Import): string | undefined {
  const { specifier, dynamic, typeOnly } = found
  if (specifier.startsWith('.')) {
    const target = relative('.', resolve(dirname(file), specifier)).replaceAll('\\', '/')
    // The tests of a package may use what the tests of another one consist of. No package exports that.
    if (!relative(folder, target).startsWith('..') || (/\/test\//.test(file) && /\/test\//.test(target)))
      return undefined
    return `it leaves ${folder}; import the other package by its name`
  }
  if (/\.test\.ts$|\/test\//.test(file)) return undefined
  const allowed = WORKSPACE[folder] ?? []
  const own = /^(@bailiwick\/|bailiwick(\/|$))/.test(specifier)
  if (own && !allowed.some((name) => specifier === name || specifier.startsWith(`${name}/`))) {
    return `${folder} may import only ${allowed.join(', ') || 'nothing of the workspace'}`
  }
  if (typeOnly) return undefined
  const rule = CONFINED.find(({ packages }) => packages.test(specifier))
  if (rule !== undefined && !rule.folders.some((inside) => file.startsWith(inside))) {
    return `only ${rule.folders.join(', ')} may (${rule.why})`
  }
  const lazyBus =
    LAZY_BUS.packages.test(specifier) && file.startsWith(LAZY_BUS.within) && !file.startsWith(LAZY_BUS.except)
  if (!dynamic && (lazyBus || (rule?.lazy === true && file.includes('/src/')))) {
    return 'it must be a dynamic import(), so that it is loaded only when it is needed'
  }
  return undefined
}

/** Folders below `src` that depend on each other in a circle, as `a → b → a`; empty if there is none. */
export function folderCycles(imports: ReadonlyMap<string, ReadonlySet<string>>): string[] {
  const cycles: string[] = []
  const done = new Set<string>()
  const visit = (folder: string, path: string[]) => {
    if (path.includes(folder)) cycles.push([...path.slice(path.indexOf(folder)), folder].join(' → '))
    if (path.includes(folder) || done.has(folder)) return
    for (const next of imports.get(folder) ?? []) visit(next, [...path, folder])
    done.add(folder)
  }
  for (const folder of imports.keys()) visit(folder, [])
  return cycles
}

/** The concept a file belongs to: its first folder below `src`, or the file itself if it lies directly there. */
function placeBelowSrc(folder: string, file: string): string {
  return relative(`${folder}/src`, file).split('/')[0] ?? ''
}

function checkPackage(folder: string): { files: number; problems: string[] } {
  const problems: string[] = []
  const graph = new Map<string, Set<string>>()
  const files = globSync(folder.startsWith('chaos') ? `${folder}/**/*.ts` : `${folder}/{src,test}/**/*.ts`)
  for (const file of files) {
    for (const found of readImports(file, readFileSync(file, 'utf8'))) {
      const problem = checkImport(folder, file, found)
      if (problem !== undefined) problems.push(`${file} imports "${found.specifier}": ${problem}`)
      if (!found.specifier.startsWith('.') || /\.test\.ts$|\/(test|testing)\//.test(file)) continue
      const [from, to] = [file, join(dirname(file), found.specifier)].map((path) =>
        placeBelowSrc(folder, path),
      )
      if (from === to || from === undefined || to === undefined) continue
      graph.set(from, (graph.get(from) ?? new Set()).add(to))
    }
  }
  problems.push(
    ...folderCycles(graph).map((cycle) => `${folder}/src: folders depend on each other: ${cycle}`),
  )
  return { files: files.length, problems }
}

/** Every dependency needs a reason in docs/dependencies.md; a specialist may depend on core only as a peer. */
function checkManifest(folder: string, reasons: string): string[] {
  const file = join(folder, 'package.json')
  if (!existsSync(file)) return []
  const manifest: Record<string, Record<string, string> | undefined> = JSON.parse(readFileSync(file, 'utf8'))
  const { dependencies = {}, devDependencies, optionalDependencies, publishConfig } = manifest
  const names = Object.keys({ ...dependencies, ...devDependencies, ...optionalDependencies })
  const foreign = names.filter((name) => name !== 'bailiwick' && !name.startsWith('@bailiwick/'))
  const problems = foreign
    .filter((name) => !reasons.includes(`\`${name}\``))
    .map((name) => `${file}: ${name} has no reason in docs/dependencies.md`)
  if (folder.startsWith('packages/agents/')) {
    const own = Object.keys(dependencies).filter((name) => name.startsWith('@bailiwick/'))
    problems.push(...own.map((name) => `${file}: ${name} must be a peer dependency`))
  }
  if (JSON.stringify(publishConfig?.exports) !== JSON.stringify(withoutSource(manifest.exports))) {
    problems.push(`${file}: publishConfig.exports must be exports without the condition @bailiwick/source`)
  }
  return problems
}

function withoutSource(exports: Record<string, unknown> | undefined): unknown {
  if (exports === undefined) return undefined
  const text = JSON.stringify(exports, (key, value) => (key === '@bailiwick/source' ? undefined : value))
  return JSON.parse(text)
}

if (import.meta.main) {
  const reasons = readFileSync('docs/dependencies.md', 'utf8')
  const folders = globSync(['packages/*', 'packages/agents/*', 'apps/*'])
    .map((path) => path.replaceAll('\\', '/'))
    .filter((folder) => existsSync(`${folder}/package.json`))
  const unknown = folders.filter((folder) => !Object.hasOwn(WORKSPACE, folder))
  const problems = unknown.map((folder) => `${folder} has no row in scripts/check-imports.ts`)
  problems.push(...['.', 'chaos', ...folders].flatMap((folder) => checkManifest(folder, reasons)))
  const checked = [...folders, 'chaos/judge'].map(checkPackage)
  problems.push(...checked.flatMap((each) => each.problems))
  for (const problem of problems) console.error(problem)
  console.log(
    `imports: ${checked.reduce((sum, { files }) => sum + files, 0)} files, ${problems.length} problems`,
  )
  process.exitCode = problems.length === 0 ? 0 : 1
}
