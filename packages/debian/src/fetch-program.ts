import { execFile } from 'node:child_process'
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { AptError } from './apt-error.ts'
import {
  type AptSource,
  type ArchiveParts,
  aptSources,
  INDEX_FORMAT,
  parseIndexTargets,
  parseOsRelease,
} from './apt-sources.ts'

const run = promisify(execFile)

/** A program, and the package that contains it. */
export interface DistributionProgram extends ArchiveParts {
  readonly package: string
  /** The program's path in the package, such as `usr/bin/bwrap`. */
  readonly file: string
}

export interface FetchOptions {
  /** The environment in which apt is found and runs. Default: `process.env`. */
  readonly env?: Readonly<Record<string, string | undefined>>
  /** Receives lines for people. */
  readonly onProgress?: (line: string) => void
  readonly signal?: AbortSignal
}

/**
 * Fetches a program from the distribution's package, without root and without touching the machine's apt: it runs apt
 * with a temporary configuration and the machine's own mirror. apt verifies the signature.
 *
 * @param scratch an empty folder
 * @returns the path of the program in it
 * @throws AptError if this is not Debian or Ubuntu, or if apt fails; the signal's own reason if it is aborted
 * @example
 * ```ts
 * const path = await fetchProgram(scratch, { package: 'bubblewrap', file: 'usr/bin/bwrap' })
 * ```
 */
export async function fetchProgram(
  scratch: string,
  program: DistributionProgram,
  options: FetchOptions = {},
): Promise<string> {
  const { onProgress, signal } = options
  const sources = await machineSources(program, options)
  let cause: unknown
  for (const [index, source] of sources.entries()) {
    try {
      onProgress?.(`fetching ${program.package} with apt (suite ${source.suite}) …`)
      return await fetchFrom(source, program, await emptyFolder(join(scratch, `apt-${index}`)), options)
    } catch (error) {
      signal?.throwIfAborted()
      cause = error
    }
  }
  const reason = cause
    ? errorLine(cause)
    : "this machine has no mirror of Debian or Ubuntu in apt's configuration"
  throw new AptError(`Cannot fetch ${program.package} with apt: ${reason}`, { cause })
}

async function machineSources(
  parts: ArchiveParts,
  { env = process.env, signal }: FetchOptions,
): Promise<AptSource[]> {
  try {
    const osRelease = parseOsRelease(await readFile('/etc/os-release', 'utf8'))
    const args = ['indextargets', '--format', INDEX_FORMAT, 'Created-By: Packages']
    const { stdout } = await run('apt-get', args, { env, ...(signal && { signal }) })
    return aptSources(parseIndexTargets(stdout), osRelease, parts)
  } catch (cause) {
    signal?.throwIfAborted()
    throw new AptError('no apt on this machine: fetching a package needs Debian or Ubuntu', { cause })
  }
}

async function fetchFrom(
  source: AptSource,
  program: DistributionProgram,
  folder: string,
  { env = process.env, signal }: FetchOptions,
): Promise<string> {
  await writeFile(join(folder, 'sources.list'), `${source.line}\n`)
  const config = join(folder, 'apt.conf')
  await writeFile(config, scratchConfig(folder))
  const options = {
    cwd: folder,
    timeout: 120_000,
    maxBuffer: 16 * 1024 * 1024,
    env: { ...env, LC_ALL: 'C', DEBIAN_FRONTEND: 'noninteractive' },
    ...(signal && { signal }),
  }
  await run('apt-get', ['-c', config, 'update'], options)
  await run('apt-get', ['-c', config, 'download', program.package], options)
  const deb = (await readdir(folder)).find((name) => name.endsWith('.deb'))
  if (deb === undefined) throw new Error('apt-get download wrote no package')
  await run('dpkg-deb', ['-x', deb, 'package'], options)
  return join(folder, 'package', ...program.file.split('/'))
}

/** apt reads this after the machine's configuration, so the machine's proxy settings still apply. */
function scratchConfig(folder: string): string {
  const quoted = (...parts: string[]) => JSON.stringify(join(folder, ...parts))
  return `Dir::Etc::sourcelist ${quoted('sources.list')};
Dir::Etc::sourceparts "/dev/null";
Dir::State::lists ${quoted('lists')};
Dir::State::status "/dev/null";
Dir::Cache ${quoted('cache')};
Dir::Cache::archives "archives";
APT::Sandbox::User "";
APT::Get::List-Cleanup "false";
APT::Get::AllowUnauthenticated "false";
Acquire::AllowInsecureRepositories "false";
Acquire::AllowWeakRepositories "false";
Acquire::Languages "none";
Acquire::Retries "2";
Acquire::http::Timeout "20";
Acquire::https::Timeout "20";
APT::Update::Error-Mode "any";
#clear APT::Update::Pre-Invoke;
#clear APT::Update::Post-Invoke;
#clear APT::Update::Post-Invoke-Success;
#clear DPkg::Post-Invoke;
`
}

async function emptyFolder(folder: string): Promise<string> {
  for (const name of ['lists/partial', 'cache/archives/partial']) {
    await mkdir(join(folder, name), { recursive: true })
  }
  return folder
}

/** The first error line that apt printed, or its last line. */
function errorLine(error: unknown): string {
  const { stderr, message } = error as { stderr?: string; message: string }
  const lines = (stderr || message).trim().split('\n')
  return (lines.find((line) => line.startsWith('E:') || line.startsWith('Err:')) ?? lines.at(-1) ?? '').trim()
}
