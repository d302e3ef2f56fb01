import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { bareEnv, run } from './program.ts'
import { scratch } from './scratch.ts'

const onPath = (program: string) =>
  (process.env.PATH ?? '').split(delimiter).some((folder) => existsSync(join(folder, program)))

describe('doctor --fetch-bubblewrap', () => {
  it.runIf(onPath('apt-get') && !onPath('bwrap'))(
    'gets bubblewrap into the cache, where the sandbox finds it from then on',
    async () => {
      await using place = await scratch()
      const env = bareEnv({ XDG_CACHE_HOME: join(place.folder, 'cache') })
      const doctor = (...words: string[]) => run(['doctor', ...words], { cwd: place.folder, env })
      expect((await doctor()).stdout).toMatch(
        /isolation +process.*\n.*bubblewrap is not installed.*--fetch-bubblewrap/,
      )
      const fetching = await doctor('--fetch-bubblewrap')
      const file = join(place.folder, 'cache', 'bailiwick', 'bubblewrap', 'bwrap')
      expect(execFileSync(file, ['--version'], { encoding: 'utf8' })).toMatch(/^bubblewrap 0\./)
      expect(fetching.stderr).toContain('bubblewrap')
      expect(fetching.stdout).not.toContain('not installed')
      expect((await doctor()).stdout).toBe(fetching.stdout)
    },
    120_000,
  )

  it('says why it cannot, where there is no apt', async () => {
    await using place = await scratch()
    const empty = join(place.folder, 'empty')
    mkdirSync(empty)
    const env = bareEnv({ XDG_CACHE_HOME: empty, PATH: empty })
    const { code, stdout } = await run(['doctor', '--fetch-bubblewrap'], { cwd: place.folder, env })
    expect(stdout).toMatch(/isolation +no apt on this machine/)
    expect(code).toBe(1)
  })
})
