import { scratch } from '@bailiwick/coordinator/testing/scratch'
import { describe, expect, it } from 'vitest'
import { buildProgram } from '../src/program/build-program.ts'
import { COMMANDS } from '../src/program/command-table.ts'
import { bareEnv, run, start } from './program.ts'

const NAMES = COMMANDS.map(({ name }) => name)

/** The help of the program, or of one of its commands, at a width. */
function helpAt(columns: number, name?: string): string {
  const before = process.env.COLUMNS
  process.env.COLUMNS = String(columns)
  try {
    const program = buildProgram(name === undefined ? [] : [name], async () => {})
    const command = name === undefined ? program : program.commands.find((one) => one.name() === name)
    let text = ''
    command?.configureOutput({ writeOut: (part) => (text += part) })
    command?.outputHelp()
    return text
  } finally {
    if (before === undefined) delete process.env.COLUMNS
    else process.env.COLUMNS = before
  }
}

/** The words of a text, without its layout. */
const words = (text: string) => text.split(/\s+/).filter((word) => word !== '')

describe('help', () => {
  it.each([undefined, ...NAMES])('of %s fits 40, 80 and 120 columns and loses no word', (name) => {
    const wide = helpAt(120, name)
    expect(wide).toMatch(/^Usage: bailiwick /)
    for (const columns of [40, 80, 120]) {
      const text = helpAt(columns, name)
      for (const line of text.split('\n')) {
        expect(line.length, line).toBeLessThanOrEqual(columns)
        expect(line, 'trailing space').toBe(line.trimEnd())
      }
      expect(words(text)).toEqual(words(wide))
    }
  })

  it('indents continued lines below the description, or below the term on a narrow terminal', () => {
    expect(helpAt(80, 'run')).toContain(
      [
        '  --replay-by <mode>       Match responses by the exact prompt, or by agent and',
        '                           step (choices: "strict", "lane")',
      ].join('\n'),
    )
    expect(helpAt(40, 'run')).toContain(
      [
        '  --replay-by <mode>',
        '      Match responses by the exact',
        '      prompt, or by agent and step',
        '      (choices: "strict", "lane")',
      ].join('\n'),
    )
    expect(helpAt(40, 'env')).toContain(
      ['  user:<name>       manages its own runs', '                    and files'].join('\n'),
    )
  })

  it('is 80 columns wide if stdout is no terminal, and respects COLUMNS', async () => {
    await using place = await scratch()
    const piped = await run(['run', '--help'], { cwd: place.folder })
    expect(piped.stdout).toBe(helpAt(80, 'run'))
    const narrow = await run(['run', '--help'], { cwd: place.folder, env: bareEnv({ COLUMNS: '40' }) })
    expect(narrow.stdout).toBe(helpAt(40, 'run'))
  })

  it('of the program names every command and the exit codes', async () => {
    await using place = await scratch()
    const { code, stdout } = await run(['--help'], { cwd: place.folder })
    expect(code).toBe(0)
    for (const name of NAMES) expect(stdout).toContain(`\n  ${name} `)
    expect(stdout).toContain('Exit codes:')
    expect(await run(['help'], { cwd: place.folder })).toMatchObject({ code: 0, stdout })
    expect(await run([], { cwd: place.folder })).toMatchObject({ code: 2, stdout: '', stderr: stdout })
  })

  it('of a command is the same with "help <command>" and "<command> --help"', async () => {
    await using place = await scratch()
    const { code, stdout, stderr } = await run(['help', 'run'], { cwd: place.folder })
    expect({ code, stdout, stderr }).toEqual({ code: 0, stdout: helpAt(80, 'run'), stderr: '' })
    expect(await run(['run', '--help'], { cwd: place.folder })).toEqual({ code, stdout, stderr })
  })

  it.each([['--help'], ['run', '--help'], ['--version']])(
    'loads nothing but commander for %j %j',
    async (...line) => {
      await using place = await scratch()
      const hook = await place.write(
        'hook.mjs',
        `import { registerHooks } from 'node:module'
       registerHooks({ resolve(specifier, context, next) {
         const found = next(specifier, context)
         if (/\\/(node_modules|packages|coordinator|commands)\\//.test(found.url) && !found.url.includes('/commander/')) console.error(found.url)
         return found
       } })`,
      )
      const { stderr, code } = await run(line, { cwd: place.folder, node: ['--import', hook] })
      expect({ stderr, code }).toEqual({ stderr: '', code: 0 })
    },
  )

  it('uses no colors if nobody sees them', async () => {
    await using place = await scratch()
    for (const line of [['--help'], ['status'], ['doctor']]) {
      const { stdout, stderr } = await run(line, { cwd: place.folder })
      // biome-ignore lint/suspicious/noControlCharactersInRegex: colors begin with it
      expect(stdout + stderr).not.toMatch(/\x1b\[/)
    }
  })
})

describe('the program', () => {
  it('ends without a stack if its reader closes the pipe', async () => {
    await using place = await scratch()
    const { child, ended } = start(['doctor'], { cwd: place.folder })
    child.stdout?.destroy()
    expect(await ended).toMatchObject({ code: 1, stderr: '' })
  })

  it('names the required Node on an old one, before it loads anything newer', async () => {
    await using place = await scratch()
    const old =
      "Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '20.19.0' } })"
    const node = ['--import', `data:text/javascript,${encodeURIComponent(old)}`]
    const { code, stderr } = await run(['doctor'], { cwd: place.folder, node })
    expect(stderr).toContain('Expected Node 24 or newer, found 20.19.0')
    expect(code).toBe(2)
  })
})
