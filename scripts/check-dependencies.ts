/**
 * Holds every import of every package to `dependency-rules.ts`, and every manifest to the rule that
 * a specialist package depends on `@bailiwick/core` as a peer only and that every dependency has its
 * reason in `docs/dependencies.md`. Exits 1 with a line for each fault.
 */
import { existsSync, globSync, readFileSync } from 'node:fs'
import { checkImports, type Manifest } from './check-imports.ts'
import { WORKSPACE_IMPORTS } from './dependency-rules.ts'

const problems: string[] = []
const reasons = readFileSync('docs/dependencies.md', 'utf8')
let files = 0

function checkReasons(manifestFile: string, manifest: Manifest): void {
  const { dependencies, devDependencies, optionalDependencies } = manifest
  for (const name of Object.keys({ ...dependencies, ...devDependencies, ...optionalDependencies })) {
    const own = name === 'bailiwick' || name.startsWith('@bailiwick/')
    if (!own && !reasons.includes(`\`${name}\``))
      problems.push(`${manifestFile}: ${name} has no reason in docs/dependencies.md`)
  }
}

checkReasons('package.json', JSON.parse(readFileSync('package.json', 'utf8')))

for (const folder of globSync(['packages/*', 'packages/agents/*', 'apps/*'])
  .filter((path) => existsSync(`${path}/package.json`))
  .map((path) => path.replaceAll('\\', '/'))) {
  if (!Object.hasOwn(WORKSPACE_IMPORTS, folder)) problems.push(`${folder} has no row in dependency-rules.ts`)
  const manifest: Manifest = JSON.parse(readFileSync(`${folder}/package.json`, 'utf8'))
  checkReasons(`${folder}/package.json`, manifest)
  if (folder.startsWith('packages/agents/')) {
    for (const name of Object.keys(manifest.dependencies ?? {})) {
      if (name.startsWith('@bailiwick/'))
        problems.push(`${folder}/package.json: ${name} must be a peer dependency`)
    }
  }
  for (const file of globSync([`${folder}/src/**/*.ts`, `${folder}/test/**/*.ts`])) {
    files += 1
    problems.push(...checkImports(folder, manifest, file.replaceAll('\\', '/'), readFileSync(file, 'utf8')))
  }
}

const chaos: Manifest = JSON.parse(readFileSync('chaos/package.json', 'utf8'))
checkReasons('chaos/package.json', chaos)
for (const file of globSync('chaos/judge/**/*.ts')) {
  files += 1
  const source = readFileSync(file, 'utf8')
  problems.push(...checkImports('chaos/judge', chaos, file.replaceAll('\\', '/'), source))
}

for (const problem of problems) console.error(problem)
console.log(`dependency rules: ${files} files, ${problems.length} problems`)
process.exitCode = problems.length === 0 ? 0 : 1
