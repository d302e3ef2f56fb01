import { execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { crc32, deflateRawSync, gzipSync } from 'node:zlib'
import { afterAll, describe, expect, it } from 'vitest'
import { extractFile } from './extract-file.ts'

const dir = mkdtempSync(join(tmpdir(), 'nats-extract-'))
const content = randomBytes(5_000)

afterAll(() => rm(dir, { recursive: true }))

describe('a tar', () => {
  writeFileSync(join(dir, 'readme'), 'x'.repeat(700))
  writeFileSync(join(dir, 'server'), content)
  execFileSync('tar', ['-czf', join(dir, 'a.tar.gz'), '-C', dir, './readme', './server'])
  const archive = readFileSync(join(dir, 'a.tar.gz'))

  it('gives the file by that name, and no other', () => {
    expect(extractFile(archive, 'a.tar.gz', 'server').equals(content)).toBe(true)
    expect(() => extractFile(archive, 'a.tar.gz', 'serve')).toThrow('holds no serve')
  })

  it('is refused where it is cut', () => {
    expect(() => extractFile(archive.subarray(0, 2_000), 'a.tar.gz', 'server')).toThrow('cannot be unpacked')
    expect(() => extractFile(gzipSync(randomBytes(600)), 'a.tar.gz', 'server')).toThrow('cannot be unpacked')
  })
})

describe('a zip', () => {
  it.each(['stored', 'deflated'] as const)('gives a file that is %s', (method) => {
    const zip = makeZip('folder/server.exe', content, method)
    expect(extractFile(zip, 'a.zip', 'server.exe').equals(content)).toBe(true)
    expect(() => extractFile(zip, 'a.zip', 'folder')).toThrow('holds no folder')
  })

  it('is refused where a byte of the file was changed, or the end is missing', () => {
    const zip = makeZip('server.exe', content, 'stored')
    const changed = Buffer.from(zip)
    changed[100] = (changed[100] ?? 0) ^ 1
    expect(() => extractFile(changed, 'a.zip', 'server.exe')).toThrow('wrong CRC')
    expect(() => extractFile(zip.subarray(0, -30), 'a.zip', 'server.exe')).toThrow('cannot be unpacked')
  })
})

/** A zip of one file, as the format's specification has it. */
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
    Buffer.alloc(14), // comment, disk, attributes, and the local header's place: 0
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
