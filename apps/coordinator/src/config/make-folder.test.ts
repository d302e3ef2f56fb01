import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { makeFolder } from './make-folder.ts'

let place: string
beforeEach(async () => {
  place = await mkdtemp(join(tmpdir(), 'make-folder-'))
})
afterEach(() => rm(place, { recursive: true, force: true }))

describe('makeFolder', () => {
  it('makes a folder and its parents, and accepts an existing one', async () => {
    const folder = join(place, 'a/b/c')
    makeFolder(folder, '--out')
    makeFolder(folder, '--out')
    expect((await stat(folder)).isDirectory()).toBe(true)
  })

  it('rejects a file', async () => {
    const file = join(place, 'file')
    await writeFile(file, '')
    expect(() => makeFolder(file, '--out')).toThrow(
      `--out: expected a folder that can be written, found ${file} (it is not a folder). Name another folder.`,
    )
  })

  it('rejects a path below a file', async () => {
    await writeFile(join(place, 'file'), '')
    const folder = join(place, 'file/out')
    expect(() => makeFolder(folder, '--out')).toThrow(
      new RegExp(
        `^--out: expected a folder that can be written, found ${folder} \\(ENOTDIR.* Name another folder.$`,
      ),
    )
  })

  it.runIf(process.platform === 'linux')(
    'rejects a file system that makes no folders, instead of looping for ever',
    () => {
      expect(() => makeFolder('/proc/nope', 'dataDir')).toThrow(
        /^dataDir: expected a folder that can be written, found \/proc\/nope/,
      )
    },
  )
})
