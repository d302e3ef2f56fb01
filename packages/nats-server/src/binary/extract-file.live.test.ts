import { execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdirSync, mkdtempSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { crc32, deflateRawSync, gzipSync } from 'node:zlib'
import { afterAll, describe, expect, it } from 'vitest'
import { extractFile } from './extract-file.ts'

const dir = mkdtempSync(join(tmpdir(), 'nats-extract-'))
const content = randomBytes(5_000)

afterAll(() => rm(dir, { recursive: true }))

function makeTar(name: string, ...files: string[]): Buffer {
  execFileSync('tar', ['-czf', join(dir, name), '-C', dir, ...files])
  return readFileSync(join(dir, name))
}

describe('a tar', () => {
  writeFileSync(join(dir, 'readme'), 'x'.repeat(700))
  writeFileSync(join(dir, 'server'), content)
  const archive = makeTar('a.tar.gz', './readme', './server')

  it('gives the file with the requested name, and no other', async () => {
    expect((await extractFile(archive, 'a.tar.gz', 'server')).equals(content)).toBe(true)
    await expect(extractFile(archive, 'a.tar.gz', 'serve')).rejects.toThrow('a file serve in a.tar.gz')
  })

  it.each([
    ['cut', archive.subarray(0, 2_000)],
    ['compressed noise', gzipSync(randomBytes(600))],
    ['noise', randomBytes(600)],
  ])('is rejected if it is %s', async (_, damaged) => {
    await expect(extractFile(damaged, 'a.tar.gz', 'server')).rejects.toThrow('Cannot unpack a.tar.gz')
  })

  it('never gives a folder or a link', async () => {
    mkdirSync(join(dir, 'folder'))
    symlinkSync('server', join(dir, 'link'))
    const other = makeTar('b.tar.gz', './folder', './link')
    for (const name of ['folder', 'link']) {
      await expect(extractFile(other, 'b.tar.gz', name)).rejects.toThrow('found none')
    }
  })
})

describe('a zip', () => {
  it.each(['stored', 'deflated'] as const)('gives a file that is %s', async (method) => {
    const zip = makeZip('folder/server.exe', content, method)
    expect((await extractFile(zip, 'a.zip', 'server.exe')).equals(content)).toBe(true)
    await expect(extractFile(zip, 'a.zip', 'folder')).rejects.toThrow('a file folder in a.zip')
  })

  it('is rejected if a byte of the file was changed or the end is missing', async () => {
    const zip = makeZip('server.exe', content, 'stored')
    const changed = Buffer.from(zip)
    changed[100] = (changed[100] ?? 0) ^ 1
    await expect(extractFile(changed, 'a.zip', 'server.exe')).rejects.toThrow('wrong CRC')
    await expect(extractFile(zip.subarray(0, -30), 'a.zip', 'server.exe')).rejects.toThrow(
      'Cannot unpack a.zip',
    )
  })
})

/** A zip of one file, built by the format's specification. */
function makeZip(name: string, data: Buffer, method: 'stored' | 'deflated'): Buffer {
  const packed = method === 'stored' ? data : deflateRawSync(data)
  const fields = Buffer.alloc(26)
  fields.writeUInt16LE(method === 'stored' ? 0 : 8, 4)
  fields.writeUInt32LE(crc32(data), 10)
  fields.writeUInt32LE(packed.length, 14)
  fields.writeUInt32LE(data.length, 18)
  fields.writeUInt16LE(name.length, 22)
  const local = Buffer.concat([Buffer.from('PK\x03\x04'), fields, Buffer.from(name), packed])
  const entry = Buffer.concat([
    Buffer.from('PK\x01\x02\x00\x00'),
    fields,
    Buffer.alloc(14), // comment, disk, attributes, and the offset of the local header: 0
    Buffer.from(name),
  ])
  const end = Buffer.alloc(22)
  end.write('PK\x05\x06', 'latin1')
  end.writeUInt16LE(1, 8)
  end.writeUInt16LE(1, 10)
  end.writeUInt32LE(entry.length, 12)
  end.writeUInt32LE(local.length, 16)
  return Buffer.concat([local, entry, end])
}
