import { stat } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import type { RoleGrant } from '@bailiwick/bus'
import type { LoadedConfig } from '@bailiwick/coordinator/config/load-config'
import type { CommandContext } from '../command/define-command.ts'
import { EXIT } from '../command/exit-codes.ts'
import { UsageError } from '../command/usage-error.ts'
import { replaceFile } from '../run/replace-file.ts'

interface Options {
  auth: 'jwt' | 'nkey' | undefined
  out: string | undefined
  toolHost: string[]
  user: string[]
}

export async function execute(context: CommandContext<object, Options>): Promise<number> {
  const { auth = 'jwt', toolHost, user } = context.options
  const out =
    context.options.out === undefined ? undefined : await openOutFile(context.options.out, context.cwd)
  const { readConfig } = await import('../daemon/use-daemon.ts')
  const config = await readConfig(context)
  await refuseBesideOwnServer(config.dataDir)
  const named = [...toolHost.map(parseToolHost), ...user.map((name) => ({ role: 'user' as const, name }))]
  const users = await teamUsers(config, named, context.signal)
  const { jwtServerConfig, nkeyServerConfig } = await import('@bailiwick/nats-server')
  const { dataPaths, makeDataDir, writePrivate } = await import('@bailiwick/coordinator/config/data-dir')
  makeDataDir(config.dataDir)
  const requests = users.map(({ name, permissions }) => ({ name, permissions }))
  const server =
    auth === 'jwt'
      ? await jwtServerConfig(dataPaths.nats(config.dataDir), requests)
      : nkeyServerConfig(requests)
  for (const { file, name } of users) {
    writePrivate(dataPaths.credentials(config.dataDir, file), server.credentials.get(name) ?? '')
  }
  const head = '# The server also needs JetStream: jetstream { store_dir: "/var/lib/nats" }\n'
  if (out === undefined) context.print((head + server.config).trimEnd())
  else await replaceFile(out, head + server.config, 0o600)
  const files = users.map(({ file }) => file).join(', ')
  context.note(`Wrote credentials for ${files} to ${dataPaths.credentials(config.dataDir, '*')}`)
  return EXIT.ok
}

/** The files would replace those of the daemon's processes, which its server would then refuse. */
async function refuseBesideOwnServer(dataDir: string): Promise<void> {
  const { findDaemon } = await import('@bailiwick/coordinator/config/daemon-address')
  const daemon = findDaemon(dataDir)
  if (daemon === undefined) return
  const { askLocal } = await import('../daemon/ask-local.ts')
  const { status } = await askLocal(daemon, { op: 'status' })
  if (status?.natsServer === undefined) return
  throw new UsageError(
    `Expected no daemon with a NATS server of its own on ${dataDir}, found process ${daemon.pid}. The new credentials would replace those of its processes. End it with "bailiwick down" first, or set another dataDir.`,
  )
}

/** Makes the folder of the file and checks, before any work, that the file can be written. */
async function openOutFile(out: string, cwd: string): Promise<string> {
  const file = resolve(cwd, out)
  const { makeFolder } = await import('@bailiwick/coordinator/config/make-folder')
  makeFolder(dirname(file), '--out')
  const found = await stat(file).catch(() => undefined)
  if (found?.isDirectory())
    throw new UsageError(`--out: expected a file at ${file}, found a folder. Name a file in it.`)
  return file
}

interface User {
  /** Name of its credentials file. */
  file: string
  name: string
  permissions: ReturnType<typeof import('@bailiwick/bus').permissionsFor>
}

/** Lists every process that a daemon with this configuration starts or serves. */
async function teamUsers(config: LoadedConfig, more: NamedGrant[], signal: AbortSignal): Promise<User[]> {
  const { loadTeam } = await import('@bailiwick/coordinator/team/load-team')
  const { hostGrant, toolboxGrant } = await import('@bailiwick/coordinator/team/role-grants')
  const { permissionsFor, userName } = await import('@bailiwick/bus')
  const team = await loadTeam(config, signal)
  const grants: [string, RoleGrant][] = [
    ['coordinator', { role: 'coordinator' }],
    ['toolbox', toolboxGrant()],
    ...team.map((one): [string, RoleGrant] => [one.card.name, hostGrant(one)]),
    ...more.map((grant): [string, RoleGrant] => [`${grant.role}-${grant.name}`, grant]),
    ['user', { role: 'user' }],
    ['reader', { role: 'reader' }],
  ]
  return grants.map(([file, grant]) => ({ file, name: userName(grant), permissions: permissionsFor(grant) }))
}

type NamedGrant = Extract<RoleGrant, { role: 'tool-host' }> | { role: 'user'; name: string }

function parseToolHost(text: string): NamedGrant {
  const [name = '', tools = ''] = text.split('=')
  if (name === '' || tools === '') {
    throw new UsageError(`--tool-host: expected name=tool,tool, found "${text}".`)
  }
  return { role: 'tool-host', name, tools: tools.split(',') }
}
