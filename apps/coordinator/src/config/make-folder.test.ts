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
  it('makes it with the folders above it, and takes one that is there', async () => {
    const folder = join(place, 'a/b/c')
    makeFolder(folder, '--out')
    makeFolder(folder, '--out')
    expect((await stat(folder)).isDirectory()).toBe(true)
  })

  it('refuses what lies below a file', async () => {
    await writeFile(join(place, 'file'), '')
    const folder = join(place, 'file/out')
    expect(() => makeFolder(folder, '--out')).toThrow(
      new RegExp(`^--out: nothing can be written into ${folder} \\(ENOTDIR.*; name another folder$`),
    )
  })

  it.runIf(process.platform === 'linux')(
    'refuses a place that makes no folders, instead of trying for ever',
    () => {
      expect(() => makeFolder('/proc/nope', 'dataDir')).toThrow(
        /^dataDir: nothing can be written into \/proc\/nope/,
      )
    },
  )
})
