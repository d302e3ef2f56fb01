/**
 * Every package as it would be published: built, packed and installed from its tarball into an empty folder. Tests that
 * run from source do not see faults of the build, such as a public function stripped from the published types.
 */
import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startOllamaServer } from '../../packages/models/src/testing/index.ts'

const root = join(import.meta.dirname, '../..')
const MINUTES = 60_000
const run = promisify(execFile)

/** Packages of the workspace that are published, with their folders. */
const packages: { folder: string; name: string; exports: Record<string, unknown> }[] = []
let place: string

/** Plain Node, without the condition that resolves packages to their sources. */
const node = (...args: string[]) => run(process.execPath, args, { cwd: place, env: plainEnv() })

function plainEnv(extra: Record<string, string> = {}): NodeJS.ProcessEnv {
  const { PATH, HOME, TMPDIR, NATS_SERVER_BIN } = process.env
  return {
    PATH,
    HOME,
    ...(TMPDIR !== undefined && { TMPDIR }),
    ...(NATS_SERVER_BIN !== undefined && { NATS_SERVER_BIN }),
    // Nothing listens there: a model server of this machine is not found.
    OLLAMA_HOST: 'http://127.0.0.1:9',
    ...extra,
  }
}

beforeAll(async () => {
  place = await mkdtemp(join(tmpdir(), 'bailiwick-packed-'))
  const pnpm = (cwd: string, ...args: string[]) => run('npx', ['-y', 'pnpm@12', ...args], { cwd })
  await pnpm(root, 'build')
  const tarballs = join(place, 'tarballs')
  await mkdir(tarballs)
  for (const parent of ['packages', 'packages/agents', 'apps']) {
    for (const entry of await readdir(join(root, parent))) {
      const folder = join(root, parent, entry)
      const text = await readFile(join(folder, 'package.json'), 'utf8').catch(() => undefined)
      if (text !== undefined) packages.push({ folder, ...JSON.parse(text) })
    }
  }
  for (const { folder } of packages) await pnpm(folder, 'pack', '--pack-destination', tarballs)
  const files = (await readdir(tarballs)).map((file) => join(tarballs, file))
  await writeFile(join(place, 'package.json'), '{"name":"empty","type":"module"}')
  const quiet = ['--no-audit', '--no-fund', '--ignore-scripts', '--loglevel=error']
  await run('npm', ['install', ...quiet, 'zod', '@types/node', ...files], { cwd: place })
}, 5 * MINUTES)
afterAll(() => rm(place, { recursive: true, force: true }))

describe('a release', () => {
  it('has one version for all packages, and a changelog', async () => {
    const clone = join(place, 'clone')
    await run('git', ['clone', '--quiet', '--no-hardlinks', root, clone])
    await symlink(join(root, 'node_modules'), join(clone, 'node_modules'))
    await run(process.execPath, [join(root, 'node_modules/@changesets/cli/bin.js'), 'version'], {
      cwd: clone,
    })
    const versions = await Promise.all(
      packages.map(async ({ folder }) => {
        const file = join(clone, folder.slice(root.length), 'package.json')
        return JSON.parse(await readFile(file, 'utf8')).version
      }),
    )
    expect(new Set(versions).size).toBe(1)
    expect(await readFile(join(clone, 'apps/cli/CHANGELOG.md'), 'utf8')).toContain(`## ${versions[0]}`)
  })

  it('publishes the command with its files', async () => {
    const tarball = (await readdir(join(place, 'tarballs'))).find((file) => /^bailiwick-\d/.test(file)) ?? ''
    const options = ['--dry-run', '--json', '--access', 'public']
    const { stdout } = await run('npm', ['publish', join(place, 'tarballs', tarball), ...options])
    // npm 11 prints the package by its name, older versions print it alone.
    const printed = JSON.parse(stdout)
    const { files } = (printed.bailiwick ?? printed) as { files: { path: string }[] }
    expect(files.map(({ path }) => path)).toEqual(
      expect.arrayContaining(['bin/bailiwick.js', 'dist/main.js', 'package.json', 'README.md']),
    )
  })
})

describe('the packed packages', () => {
  it('export nothing under the condition of the workspace', async () => {
    for (const { name } of packages) {
      const manifest = await readFile(join(place, 'node_modules', name, 'package.json'), 'utf8')
      expect(manifest).not.toContain('@bailiwick/source')
    }
  })

  it('can be imported at every entry point, with types that compile', async () => {
    const entries = packages
      .filter(({ name }) => name !== '@bailiwick/coordinator')
      .flatMap(({ name, exports }) => Object.keys(exports).map((key) => name + key.slice(1)))
      // Programs: importing them starts them.
      .filter((entry) => !entry.endsWith('/main'))
    expect(entries.length).toBeGreaterThan(15)
    await writeFile(join(place, 'all.mjs'), entries.map((entry) => `await import('${entry}')\n`).join(''))
    await node('all.mjs')
    await writeFile(
      join(place, 'all.ts'),
      entries.map((entry, index) => `export * as e${index} from '${entry}'\n`).join(''),
    )
    const options = { module: 'nodenext', target: 'es2024', strict: true, noEmit: true, skipLibCheck: true }
    const config = { compilerOptions: { ...options, types: ['node'] }, files: ['all.ts'] }
    await writeFile(join(place, 'tsconfig.json'), JSON.stringify(config))
    const tsc = join(root, 'node_modules/typescript/bin/tsc')
    await node(tsc, '-p', place).catch((error) => expect.fail(error.stdout))
  })

  it('run the agent of the first page', async () => {
    const readme = await readFile(join(root, 'README.md'), 'utf8')
    const [example = ''] = [...readme.matchAll(/```ts\n([\s\S]*?)```/g)].map(([, code = '']) => code)
    await writeFile(join(place, 'agent.mts'), example)
    const code =
      'const both = await Promise.all([population({ country: "Norway" }), population({ country: "Iceland" })])'
    await using ollama = await startOllamaServer({
      reply: `<code>\n${code}\nfinalAnswer(both[0] + both[1])\n</code>`,
    })
    const env = plainEnv({ OLLAMA_HOST: ollama.url })
    const { stdout } = await run(process.execPath, ['agent.mts'], { cwd: place, env })
    expect(stdout).toBe('6\n')
  })

  it(
    'run the demo',
    async () => {
      const bailiwick = join(place, 'node_modules/bailiwick/bin/bailiwick.js')
      const { stdout } = await node(bailiwick, 'demo', '--out', join(place, 'out'))
      expect(stdout).toContain('report.md')
      expect(await readdir(join(place, 'out'))).toEqual(expect.arrayContaining(['report.md', 'run.json']))
    },
    2 * MINUTES,
  )
})
