import { posix } from 'node:path'
import { buffer } from 'node:stream/consumers'
import { crc32 } from 'node:zlib'
import { errorText, formatBytes } from '@bailiwick/contract/world'
import type { ReadEntry } from 'tar'
import { NatsServerError } from '../nats-server-error.ts'

/** Far above the size of any nats-server. */
const MAX_BYTES = 300e6

/**
 * Reads one file, in whatever folder it is, from a `.tar.gz` or `.zip`. Nothing is written, so paths in the
 * archive do no harm.
 *
 * @throws NatsServerError `fetch-failed` if the archive is damaged, or has no file with this name or a file above
 * 300 MB
 */
export async function extractFile(archive: Buffer, archiveName: string, fileName: string): Promise<Buffer> {
  try {
    const find = archiveName.endsWith('.zip') ? findInZip : findInTar
    const bytes = await find(archive, fileName)
    if (bytes) return bytes
  } catch (cause) {
    throw new NatsServerError('fetch-failed', `Cannot unpack ${archiveName}: ${errorText(cause)}`, { cause })
  }
  throw new NatsServerError('fetch-failed', `Expected a file ${fileName} in ${archiveName}, found none.`)
}

async function findInTar(archive: Buffer, fileName: string): Promise<Buffer | undefined> {
  const { Parser } = await import('tar')
  return new Promise((resolve, reject) => {
    let found: Promise<Buffer> | undefined
    const parser = new Parser({
      strict: true,
      filter: (path, entry) =>
        found === undefined && (entry as ReadEntry).type === 'File' && posix.basename(path) === fileName,
      onReadEntry(entry) {
        if (entry.size > MAX_BYTES) parser.abort(tooLarge(entry.size))
        else found = entry.concat()
      },
    })
    parser.on('error', reject)
    parser.on('end', () => resolve(found))
    parser.end(archive)
  })
}

async function findInZip(archive: Buffer, fileName: string): Promise<Buffer | undefined> {
  const { fromBufferPromise } = await import('yauzl')
  const zip = await fromBufferPromise(archive, { lazyEntries: true })
  for await (const entry of zip.eachEntry()) {
    if (posix.basename(entry.fileName) !== fileName || entry.fileName.endsWith('/')) continue
    if (entry.uncompressedSize > MAX_BYTES) throw tooLarge(entry.uncompressedSize)
    const bytes = await buffer(await zip.openReadStreamPromise(entry))
    // yauzl checks sizes, but not the checksum.
    if (crc32(bytes) !== entry.crc32) throw new Error(`${fileName} has a wrong CRC`)
    return bytes
  }
  return undefined
}

function tooLarge(size: number): Error {
  return new Error(`expected at most ${formatBytes(MAX_BYTES)}, found ${formatBytes(size)}`)
}
