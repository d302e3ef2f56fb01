import { scratch } from '@bailiwick/coordinator/testing/scratch'
import { describe, expect, it } from 'vitest'
import { COMMANDS } from '../src/frame/command-table.ts'
import { run, start } from './program.ts'

describe('help', () => {
  it('of the program names every command and the exit codes', async () => {
    await using place = await scratch()
    const { code, stdout } = await run(['--help'], { cwd: place.folder })
    expect(code).toBe(0)
    for (const name of Object.keys(COMMANDS)) expect(stdout).toContain(`  ${name} `)
    expect(stdout).toContain('exit codes:')
    expect((await run([], { cwd: place.folder })).code).toBe(2)
  })

  it.each(Object.keys(COMMANDS))('of %s tells its options', async (name) => {
    await using place = await scratch()
    const { code, stdout, stderr } = await run([name, '--help'], { cwd: place.folder })
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(stdout).toMatch(new RegExp(`usage: bailiwick ${name}.*options:.*--json`, 's'))
  })

  it.each([['--help'], ['run', '--help'], ['--version']])(
    '%j %j loads no dependency at all',
    async (...line) => {
      await using place = await scratch()
      const hook = await place.write(
        'hook.mjs',
        `import { registerHooks } from 'node:module'
       registerHooks({ resolve(specifier, context, next) {
         const found = next(specifier, context)
         if (found.url.includes('/node_modules/') || found.url.includes('/packages/')) console.error(found.url)
         return found
       } })`,
      )
      const { stderr, code } = await run(line, { cwd: place.folder, node: ['--import', hook] })
      expect({ stderr, code }).toEqual({ stderr: '', code: 0 })
    },
  )

  it('ends without a stack where nobody reads it', async () => {
    await using place = await scratch()
    const { child, ended } = start(['doctor'], { cwd: place.folder })
    child.stdout?.destroy()
    expect(await ended).toMatchObject({ code: 1, stderr: '' })
  })

  it('says on an old Node what is wanted, before it loads anything newer', async () => {
    await using place = await scratch()
    const old =
      "Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '20.19.0' } })"
    const node = ['--import', `data:text/javascript,${encodeURIComponent(old)}`]
    const { code, stderr } = await run(['doctor'], { cwd: place.folder, node })
    expect(stderr).toContain('Expected Node 24 or newer, found 20.19.0')
    expect(code).toBe(2)
  })

  it('uses no colours where nobody sees them', async () => {
    await using place = await scratch()
    for (const line of [['--help'], ['status'], ['doctor']]) {
      const { stdout, stderr } = await run(line, { cwd: place.folder })
      // biome-ignore lint/suspicious/noControlCharactersInRegex: colours begin with it
      expect(stdout + stderr).not.toMatch(/\x1b\[/)
    }
  })
})
