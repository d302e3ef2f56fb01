import { execFile } from 'node:child_process'
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { AptError } from './apt-error.ts'
import {
  type AptSource,
  aptSources,
  INDEX_FORMAT,
  parseIndexTargets,
  parseOsRelease,
  type SuiteWishes,
} from './apt-sources.ts'

const run = promisify(execFile)

/** What to get, and out of which package. */
export interface DistributionProgram extends SuiteWishes {
  readonly package: string
  /** The program's path within the package: `usr/bin/bwrap`. */
  readonly file: string
}

export interface FetchOptions {
  /** Environment in which apt is looked for and runs; default `process.env`. */
  readonly env?: Readonly<Record<string, string | undefined>>
  readonly onProgress?: (line: string) => void
  readonly signal?: AbortSignal
}

/**
 * Gets a program out of the distribution's own package, without root and without touching the machine's apt: in a scratch
 * configuration, from the mirror that the machine is configured with. apt verifies the signature.
 *
 * @param scratch an empty folder of our own
 * @returns the path of the program in it
 * @throws AptError where this is no Debian or Ubuntu, or apt fails
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
  const reason = cause ? lastLine(cause) : 'no mirror of the distribution is configured'
  throw new AptError(`apt-get: ${reason}`, { cause })
}

async function machineSources(
  wishes: SuiteWishes,
  { env = process.env, signal }: FetchOptions,
): Promise<AptSource[]> {
  try {
    const osRelease = parseOsRelease(await readFile('/etc/os-release', 'utf8'))
    const args = ['indextargets', '--format', INDEX_FORMAT, 'Created-By: Packages']
    const { stdout } = await run('apt-get', args, { env, ...(signal && { signal }) })
    return aptSources(parseIndexTargets(stdout), osRelease, wishes)
  } catch (cause) {
    signal?.throwIfAborted()
    throw new AptError('no apt on this machine', { cause })
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
  if (deb === undefined) throw new Error('apt-get download left no package')
  await run('dpkg-deb', ['-x', deb, 'package'], options)
  return join(folder, 'package', ...program.file.split('/'))
}

/** Read by apt after the machine's own configuration, whose proxy settings stay in force. */
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

/** What apt said it failed for; without its mirror's address that is rarely of use, so one line of it is enough. */
function lastLine(error: unknown): string {
  const { stderr, message } = error as { stderr?: string; message: string }
  const lines = (stderr || message).trim().split('\n')
  return (lines.find((line) => line.startsWith('E:') || line.startsWith('Err:')) ?? lines.at(-1) ?? '').trim()
}
