import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { scratch } from '@bailiwick/coordinator/testing/scratch'
import { describe, expect, it } from 'vitest'
import { bareEnv, run } from './program.ts'

const onPath = (program: string) =>
  (process.env.PATH ?? '').split(delimiter).some((folder) => existsSync(join(folder, program)))

describe('doctor --fetch-bubblewrap', () => {
  it.runIf(onPath('apt-get') && !onPath('bwrap'))(
    'downloads bubblewrap into the cache, where the sandbox finds it',
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
      // Not the whole output: the free space changes while other tests run.
      const isolation = (stdout: string) => /isolation.*/.exec(stdout)?.[0]
      expect(isolation((await doctor()).stdout)).toBe(isolation(fetching.stdout))
      expect(isolation(fetching.stdout)).toContain('confined')
    },
  )

  it('names the reason if it cannot', async () => {
    await using place = await scratch()
    const empty = join(place.folder, 'empty')
    mkdirSync(empty)
    const env = bareEnv({ XDG_CACHE_HOME: empty, PATH: empty })
    const { code, stdout } = await run(['doctor', '--fetch-bubblewrap'], { cwd: place.folder, env })
    expect(stdout).toMatch(/isolation +no apt on this machine/)
    expect(code).toBe(1)
  })
})

const MAIN = fileURLToPath(new URL('../bin/bailiwick.js', import.meta.url))

describe('doctor, for the data directory', () => {
  it('shows the path and the free space, and leaves nothing behind', async () => {
    await using place = await scratch()
    const { stdout } = await run(['doctor'], { cwd: place.folder })
    expect(stdout).toMatch(/✔ data +\S+\/\.bailiwick, \d+\.\d [MG]B free\n/)
    expect(readdirSync(place.folder)).toEqual([])
  })

  it('reports a path that is not writable', async () => {
    await using place = await scratch()
    await place.write('file', 'x')
    await place.write('bailiwick.config.mjs', `export default { dataDir: 'file/data' }`)
    const { code, stdout } = await run(['doctor'], { cwd: place.folder })
    expect(stdout).toMatch(/✘ data +\S+\/file\/data is not writable \(ENOTDIR.*\n +Free some space, or/)
    expect(code).toBe(1)
  })

  it.runIf(process.platform !== 'win32')('reports a full disk', async () => {
    await using place = await scratch()
    // Like a full disk, this limit allows new folders but no new content.
    const limited = `ulimit -f 8; exec "${process.execPath}" ${process.execArgv.join(' ')} "${MAIN}" doctor`
    const { stdout } = spawnSync('sh', ['-c', limited], {
      cwd: place.folder,
      env: bareEnv(),
      encoding: 'utf8',
    })
    expect(stdout).toMatch(/✘ data +\S+\/\.bailiwick is not writable \(EFBIG/)
    expect(readdirSync(place.folder)).toEqual([])
  })
})
