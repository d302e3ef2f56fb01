import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { errorText } from './error-text.ts'
import { InputError } from './errors/input-error.ts'

/** Where POSIX systems have temporary files if `TMPDIR` is not set. */
const FALLBACK = '/tmp'

/**
 * The folders that may hold temporary files, in order of preference: the system's (`TMPDIR`; `TEMP` on Windows), then
 * `/tmp`. A `TMPDIR` of an old session may be missing.
 */
export function temporaryPlaces(): string[] {
  const place = tmpdir()
  return process.platform === 'win32' || place === FALLBACK ? [place] : [place, FALLBACK]
}

/**
 * Makes a folder for temporary files, which only this user can read. The caller removes it.
 *
 * @param prefix beginning of its name
 * @throws InputError if no place can be written, with the variable to set
 * @example
 * const folder = await makeTemporaryFolder('demo-')
 */
export async function makeTemporaryFolder(prefix: string): Promise<string> {
  const places = temporaryPlaces()
  const problems: string[] = []
  for (const place of places) {
    try {
      return await mkdtemp(join(place, prefix))
    } catch (error) {
      problems.push(errorText(error))
    }
  }
  const variable = process.platform === 'win32' ? 'TEMP' : 'TMPDIR'
  throw new InputError(
    `${variable}: expected a folder for temporary files that can be written, found ${places.join(' and ')} (${problems.join('; ')}). Set ${variable} to such a folder.`,
  )
}
