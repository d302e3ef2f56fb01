import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { runInNewContext } from 'node:vm'
import { describe, expect, it } from 'vitest'
import { BundleCache } from '../src/modules/bundle-cache.ts'
import { packageFolder } from './package-folder.ts'

const SECRET = 'secret-4711'
const NOT_A_MODULE =
  /is not a JavaScript module \(\.js, \.mjs or \.cjs\); JSON, text and other files cannot be imported/
const OUTSIDE = /leads out of the package good/

const newFolder = () => mkdtempSync(join(tmpdir(), 'bailiwick-imports-'))

/** Installs packages beside files that nothing may import, and calls `link` with the folder. */
function install(packages: Record<string, Record<string, string>>, link?: (folder: string) => void): string {
  const folder = packageFolder(packages)
  for (const file of ['secret.js', 'outside/secret.js']) {
    mkdirSync(dirname(join(folder, file)), { recursive: true })
    writeFileSync(join(folder, file), `export const secret = '${SECRET}'`)
  }
  writeFileSync(join(folder, 'secret.txt'), SECRET)
  link?.(folder)
  return folder
}

async function load(name: string, from: string, patterns = ['*'], cache = newFolder()) {
  const [answer] = await new BundleCache(cache).answer([name], patterns, from)
  if (answer === undefined) return expect.fail('no answer')
  return 'refused' in answer ? { refused: answer.refused } : { source: answer.source }
}

/** Runs a bundle and returns what it registers. */
function run(source: string | undefined): Record<string, unknown> {
  let made: Record<string, unknown> = {}
  runInNewContext(source ?? '', { register: (namespace: Record<string, unknown>) => (made = namespace) })
  return made
}

async function refusal(name: string, from: string, patterns?: string[]): Promise<string> {
  const { refused, source } = await load(name, from, patterns)
  expect(source).toBeUndefined()
  // It tells the guest nothing about the host's folders.
  expect(refused).not.toContain(from)
  expect(refused).not.toContain(SECRET)
  return refused ?? ''
}

describe('a granted package', () => {
  it('may consist of modules of all kinds, with dependencies wherever they are installed', async () => {
    const from = install(
      {
        good: {
          'index.js':
            'import { one } from "./lib/one.mjs"; import dep, { kind } from "dep"; import nested from "nested"; import { linked } from "@org/linked"; export default [one, dep.two, kind, nested.n, linked]; import * as own from "good/lib/one.mjs"; export { own }',
          'lib/one.mjs': 'export { one } from "./inside.js"',
          'lib/real.js': 'export const one = 1',
          'node_modules/nested/package.json': '{"name":"nested","main":"./main.cjs"}',
          'node_modules/nested/main.cjs': 'exports.n = typeof require("fs").readFileSync',
        },
        dep: {
          'package.json':
            '{"name":"dep","version":"1.0.0","exports":{".":{"import":"./esm/index.mjs","require":"./x.cjs"}},"imports":{"#kind":"./esm/kind.js"}}',
          'esm/index.mjs': 'import cjs from "../x.cjs"; export { kind } from "#kind"; export default cjs',
          'esm/kind.js': 'export const kind = "esm"',
          'x.cjs': 'exports.two = 2',
        },
      },
      (folder) => {
        symlinkSync('real.js', join(folder, 'node_modules/good/lib/inside.js'))
        // As pnpm and workspaces install: the real folder is elsewhere.
        mkdirSync(join(folder, 'store/linked'), { recursive: true })
        writeFileSync(
          join(folder, 'store/linked/package.json'),
          '{"name":"@org/linked","type":"module","main":"main.js"}',
        )
        writeFileSync(join(folder, 'store/linked/main.js'), 'export * from "./part.js"')
        writeFileSync(join(folder, 'store/linked/part.js'), 'export const linked = "linked"')
        mkdirSync(join(folder, 'node_modules/@org'))
        symlinkSync('../../store/linked', join(folder, 'node_modules/@org/linked'))
      },
    )
    const { source, refused } = await load('good', from)
    expect(refused).toBeUndefined()
    expect(run(source).default).toEqual([1, 2, 'esm', 'undefined', 'linked'])
  })

  it('may try to load a module that is not installed', async () => {
    const from = install({
      good: {
        'index.js': 'let m; try { m = require("absent") } catch { m = "none" } module.exports = m',
        'package.json': '{"name":"good"}',
      },
    })
    expect(run((await load('good', from)).source).default).toBe('none')
  })

  it.each([
    'conf.json',
    'secret.txt',
    '.env.json',
    '.env',
    'style.css',
    'page.html',
    'typed.ts',
    'view.jsx',
    'plain',
    'data.wasm',
    'code.js.txt',
  ])('cannot be asked for its %s', async (file) => {
    const from = install({
      good: { 'index.js': '', [file]: file.endsWith('json') ? `{"a":"${SECRET}"}` : `"${SECRET}"` },
    })
    expect(await refusal(`good/${file}`, from, ['good/*'])).toMatch(NOT_A_MODULE)
  })

  it.each([
    ['JSON', 'import data from "./data.json"; export default data'],
    ['JSON without its ending', 'export default require("./data")'],
    ['JSON with attributes', 'import data from "./data.json" with { type: "json" }; export default data'],
    ['its own package.json', 'export { version } from "./package.json"'],
    ['a text', 'import data from "./data.txt"; export default data'],
    ['a text with attributes', 'import data from "./data.txt" with { type: "text" }; export default data'],
    ['a module as a text', 'import data from "./index.js" with { type: "text" }; export default data'],
    ['a module as bytes', 'import data from "../../secret.js" with { type: "bytes" }; export default data'],
    ['an .env file', 'import data from "./.env"; export default data'],
    ['a file without an ending', 'import data from "./plain"; export default data'],
    ['a file with a query', 'import data from "./data.txt?raw"; export default data'],
    ['files by a pattern', 'export default (name) => require("./data/" + name)'],
    // biome-ignore lint/suspicious/noTemplateCurlyInString: it is the code under test
    ['files by a pattern, later', 'export default (name) => import(`./data/${name}.txt`)'],
    ['TypeScript', 'export * from "./typed.ts"'],
    ['a style', 'import "./style.css"'],
    ['a data URL', 'import data from "data:text/plain,x"; export default data'],
    ['a data URL with code', 'export * from "data:text/javascript,export const a = 1"'],
    ['an address', 'export * from "https://example.org/x.js"'],
    ['a file URL', 'export * from "file:///etc/hostname"'],
  ])('cannot import %s', async (_, code) => {
    const from = install({
      good: {
        'index.js': code,
        'data.json': `{"a":"${SECRET}"}`,
        'data/a.txt': SECRET,
        'data/b.json': '{}',
        'data.txt': SECRET,
        '.env': SECRET,
        plain: `"${SECRET}"`,
        'typed.ts': 'export const a: number = 1',
        'style.css': 'a { background: url(./data.txt) }',
      },
    })
    const { refused, source } = await load('good', from)
    expect([source, refused]).toEqual([undefined, expect.stringContaining('"good" could not be loaded')])
  })

  it('names the file that imports JSON', async () => {
    const from = install({
      good: { 'index.js': 'export { default } from "dep"' },
      dep: {
        'index.js': 'export * from "./lib/a.js"; export default 1',
        'lib/a.js': 'import "../package.json"',
      },
    })
    expect(await refusal('good', from)).toMatch(
      /^"good" could not be loaded: dep\/lib\/a\.js imports "\.\.\/package\.json": package\.json is not a JavaScript module/,
    )
  })

  it.each([
    ['a relative path', 'export * from "../../secret.js"', OUTSIDE],
    ['many folders up', `export * from "${'../'.repeat(30)}etc/hostname"`, NOT_A_MODULE],
    ['another package by its path', 'export * from "../dep/index.js"', OUTSIDE],
    ['require', 'module.exports = require("../../secret.js")', OUTSIDE],
    ['import()', 'export const later = () => import("../../secret.js")', OUTSIDE],
    ['a pattern', 'export const any = (name) => require("../../outside/" + name)', OUTSIDE],
    ['a symbolic link to a file', 'export * from "./link.js"', OUTSIDE],
    ['a symbolic link to a folder', 'export * from "./folder/secret.js"', OUTSIDE],
    ['a symbolic link to a text with another ending', 'export * from "./text.js"', NOT_A_MODULE],
    ['a dependency’s symbolic link', 'export * from "dep/link.js"', OUTSIDE],
    ['the packages’ folder', 'export * from "dep/../../secret.js"', OUTSIDE],
    ['a name that starts like a package', 'export * from "../good-not/index.js"', OUTSIDE],
    [
      'a dependency that leaves its own',
      'export * from "dep/astray.js"',
      /dep\/astray\.js imports .* out of the package dep/,
    ],
  ])('cannot leave its folder by %s', async (_, code, why) => {
    const from = install(
      {
        good: { 'index.js': code },
        dep: { 'index.js': '', 'astray.js': 'export * from "../../secret.js"' },
        'good-not': { 'index.js': '' },
      },
      (folder) => {
        const good = join(folder, 'node_modules/good')
        symlinkSync('../../secret.js', join(good, 'link.js'))
        symlinkSync('../../outside', join(good, 'folder'))
        symlinkSync('../../secret.txt', join(good, 'text.js'))
        symlinkSync('../../secret.js', join(folder, 'node_modules/dep/link.js'))
      },
    )
    expect(await refusal('good', from)).toMatch(why)
  })

  it('says why it does not load, and nothing about the files around it', async () => {
    const from = install({
      good: { 'index.js': 'export * from "absent"' },
      wrong: { 'index.js': 'export * from "./sub.js"', 'sub.js': `\n${SECRET} ${SECRET}` },
      strange: { 'index.js': 'export * from "wrong"; export { b } from "dep"' },
      dep: { 'index.js': 'export const a = 1' },
    })
    expect(await refusal('good', from)).toBe(
      '"good" could not be loaded: Could not resolve "absent" (in index.js, line 1)',
    )
    expect(await refusal('wrong', from)).toBe(
      '"wrong" could not be loaded: it cannot be bundled (in sub.js, line 2)',
    )
    expect(await refusal('strange', from)).toMatch(/^"strange" could not be loaded: it cannot be bundled/)
    expect(await refusal('good/absent.js', from)).toBe(
      '"good/absent.js" could not be loaded: Could not resolve "good/absent.js"',
    )
    expect(await refusal('absent', from)).toBe('"absent" could not be loaded: it is not installed')
  })

  it('does not show where it is installed', async () => {
    const from = install({
      good: { 'package.json': '{"name":"good"}', 'index.js': 'exports.dep = require("dep")' },
      dep: { 'package.json': '{"name":"dep"}', 'index.js': 'exports.a = 1' },
    })
    const { source } = await load('good', from)
    expect(run(source)).toMatchObject({ dep: { a: 1 } })
    expect(source).not.toContain(basename(from))
  })

  it.each(['empty:x.js', '(disabled):x.js', '<stdin>', 'a b#c?d.js'])(
    'is checked in files with odd names: %s',
    async (name) => {
      const from = install({
        good: {
          'index.js': `export * from ${JSON.stringify(`./${name}`)}`,
          [name]: 'export * from "../../secret.js"',
        },
      })
      expect(await refusal('good', from)).toMatch(/could not be loaded/)
    },
  )

  it('leaves out what its manifest replaces by nothing', async () => {
    const from = install({
      good: {
        'package.json': '{"name":"good","main":"main.js","browser":{"./node.js":false,"dep":false}}',
        'main.js': 'module.exports = [require("./node.js"), require("dep")]',
        'node.js': 'module.exports = require("./addon.node")',
      },
    })
    expect(run((await load('good', from)).source).default).toEqual([{}, {}])
  })

  it('may import its modules by a pattern', async () => {
    const from = install({
      good: {
        'package.json': '{"name":"good","main":"main.js"}',
        'main.js': 'module.exports = ["a.js", "b.js"].map((n) => require("./sub/" + n))',
        'sub/a.js': 'module.exports = require("dep").a',
        'sub/b.js': 'exports.b = 2',
      },
      dep: { 'index.js': 'export const a = 1' },
    })
    expect(run((await load('good', from)).source).default).toEqual([1, { b: 2 }])
    symlinkSync('../../../secret.js', join(from, 'node_modules/good/sub/c.js'))
    expect(await refusal('good', from)).toMatch(
      /good imports files by a pattern: it leads out of the package good/,
    )
  })

  it('cannot leave its folder by an absolute path', async () => {
    const from = install({ good: { 'index.js': '' } }, (folder) => {
      const path = JSON.stringify(join(folder, 'secret.js'))
      writeFileSync(join(folder, 'node_modules/good/index.js'), `export * from ${path}`)
    })
    expect((await load('good', from)).refused).toMatch(OUTSIDE)
  })

  it.each([
    ['a symbolic link', 'good/link.js', OUTSIDE],
    ['a symbolic link to a folder', 'good/folder/secret.js', OUTSIDE],
    ['a main file outside', 'astray', /leads out of the package astray/],
    ['dots', 'good/../../secret.js', /is not the name of a package/],
    ['its dependencies’ folder', 'good/node_modules/dep/index.js', /is not the name of a package/],
    ['a path', '/etc/hostname', /is not the name of a package/],
  ])('cannot be left by code that asks for %s', async (_, name, why) => {
    const from = install(
      {
        good: { 'index.js': '', 'node_modules/dep/index.js': '', 'node_modules/dep/package.json': '{}' },
        astray: { 'package.json': '{"name":"astray","main":"../../secret.js"}' },
      },
      (folder) => {
        symlinkSync('../../secret.js', join(folder, 'node_modules/good/link.js'))
        symlinkSync('../../outside', join(folder, 'node_modules/good/folder'))
      },
    )
    expect(await refusal(name, from, ['*', 'good/*'])).toMatch(why)
  })

  it.each([
    ['exports', { exports: '../../secret.js' }],
    ['exports of a folder', { exports: { '.': './../../secret.js' } }],
    ['module', { module: '../../secret.js' }],
    ['browser', { main: 'a.js', browser: { './a.js': '../../secret.js' } }],
    ['a browser file', { main: 'a.js', browser: '../../secret.js' }],
    ['imports', { main: 'b.js', imports: { '#x': './../../secret.js' } }],
    ['imports by a link', { main: 'b.js', imports: { '#x': './link.js' } }],
    ['JSON by imports', { main: 'b.js', imports: { '#x': './package.json' } }],
  ])('cannot be led outside by "%s" of its manifest', async (_, fields) => {
    const from = install(
      {
        good: {
          'package.json': JSON.stringify({ name: 'good', type: 'module', ...fields }),
          'a.js': 'export const a = "inside"',
          'b.js': 'export * from "#x"',
        },
      },
      (folder) => symlinkSync('../../secret.js', join(folder, 'node_modules/good/link.js')),
    )
    const { source = '' } = await load('good', from)
    expect(source).not.toContain(SECRET)
  })

  it('is not replaced by the paths of a tsconfig.json', async () => {
    const from = install(
      { good: { 'index.js': 'export * from "dep"' }, dep: { 'index.js': 'export const a = "real"' } },
      (folder) => {
        const paths = { good: ['./secret.js'], dep: ['./secret.js'] }
        for (const where of ['.', 'node_modules/good'])
          writeFileSync(
            join(folder, where, 'tsconfig.json'),
            JSON.stringify({ compilerOptions: { baseUrl: folder, paths } }),
          )
      },
    )
    expect(run((await load('good', from)).source)).toMatchObject({ a: 'real' })
  })

  it('gets nothing from new URL(…, import.meta.url)', async () => {
    const from = install({
      good: {
        'index.js':
          'let a; try { a = new URL("../../secret.txt", import.meta.url) } catch { a = "none" } export { a }',
      },
    })
    expect((await load('good', from)).source).not.toContain(SECRET)
  })

  it('is granted with its main module only, unless the pattern ends in /*', async () => {
    const from = install({
      good: { 'index.js': 'export const main = 1', 'sub.js': 'export const sub = 2' },
      'good-too': { 'index.js': '' },
    })
    expect(run((await load('good', from, ['good'])).source)).toMatchObject({ main: 1 })
    expect(await refusal('good/index.js', from, ['good'])).toBe(
      '"good/index.js" may not be imported; granted here: good',
    )
    expect(await refusal('good/sub.js', from, ['good'])).toMatch(/may not be imported/)
    expect(run((await load('good/sub.js', from, ['good/*'])).source)).toMatchObject({ sub: 2 })
    expect(await refusal('good', from, ['good/*'])).toMatch(/may not be imported/)
    expect(await refusal('good-too', from, ['good', 'good/*'])).toMatch(/may not be imported/)
  })
})

describe('the cache of bundles', () => {
  const good = () => install({ good: { 'index.js': 'export const a = "real"' } })
  const onlyFile = (cache: string) => {
    const [file] = readdirSync(cache)
    return join(cache, file ?? expect.fail('the cache is empty'))
  }

  it('keeps a bundle for other processes, where only its user can read it', async () => {
    const [from, cache] = [good(), join(newFolder(), 'modules')]
    const { source } = await load('good', from, ['good'], cache)
    expect([statSync(cache).mode & 0o777, statSync(onlyFile(cache)).mode & 0o777]).toEqual([0o700, 0o600])
    writeFileSync(
      join(from, 'node_modules/good/index.js'),
      'export const a = "changed without a new version"',
    )
    expect((await load('good', from, ['good'], cache)).source).toBe(source)
  })

  it.each([
    ['was cut short', (file: string) => writeFileSync(file, readFileSync(file).subarray(0, 90))],
    ['is empty', (file: string) => writeFileSync(file, '')],
    [
      'was changed',
      (file: string) => writeFileSync(file, readFileSync(file, 'utf8').replace('real', 'evil')),
    ],
    ['was made before there were digests', (file: string) => writeFileSync(file, 'register({ a: "evil" })')],
    ['others may write', (file: string) => chmodSync(file, 0o666)],
    ['is in a folder that others may write', (file: string) => chmodSync(dirname(file), 0o777)],
    [
      'is a symbolic link',
      (file: string) => {
        renameSync(file, `${file}.other`)
        symlinkSync(`${file}.other`, file)
      },
    ],
  ])('makes a bundle again if the stored one %s', async (_, spoil) => {
    const [from, cache] = [good(), newFolder()]
    await load('good', from, ['good'], cache)
    spoil(onlyFile(cache))
    writeFileSync(join(from, 'node_modules/good/index.js'), 'export const a = "made again"')
    expect(run((await load('good', from, ['good'], cache)).source)).toMatchObject({ a: 'made again' })
  })
})
