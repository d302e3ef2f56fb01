import { gunzipSync } from 'node:zlib'
import { NatsServerError } from '../nats-server-error.ts'
import { findInTar } from './find-in-tar.ts'
import { findInZip } from './find-in-zip.ts'

const MAX_UNPACKED = 300 * 1024 * 1024

/**
 * The bytes of the one file by that name in a `.tar.gz` or `.zip`, in whatever folder it lies there.
 * Nothing else is unpacked, so nothing in an archive decides where anything is written.
 */
export function extractFile(archive: Buffer, archiveName: string, fileName: string): Buffer {
  let bytes: Buffer | undefined
  try {
    bytes = archiveName.endsWith('.zip')
      ? findInZip(archive, fileName, MAX_UNPACKED)
      : findInTar(gunzipSync(archive, { maxOutputLength: MAX_UNPACKED }), fileName)
  } catch (cause) {
    throw new NatsServerError(
      'fetch-failed',
      `${archiveName} cannot be unpacked: ${(cause as Error).message}`,
      {
        cause,
      },
    )
  }
  if (bytes) return bytes
  throw new NatsServerError('fetch-failed', `${archiveName} holds no ${fileName}`)
}
