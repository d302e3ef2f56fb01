import type { RoleGrant } from '@bailiwick/bus'
import type { LoadedConfig } from '@bailiwick/coordinator/config/load-config'
import type { Command } from '../frame/command.ts'
import { EXIT } from '../frame/exit-codes.ts'
import { UsageError } from '../frame/usage-error.ts'

export const command: Command = {
  words: '',
  count: [0, 0],
  details: `For a nats-server that is run by somebody else: prints what its configuration must hold, and writes a
credentials file for every process of this team into the data directory. With --auth jwt (the default) the
server trusts keys that stay here, and "bailiwick env" makes further credentials; with --auth nkey every user
stands in the configuration, which can be included in one that has other accounts. Then set NATS_URL, or nats.url
in the configuration; "bailiwick doctor" checks the server.`,
  options: {
    auth: { type: 'string', value: 'jwt|nkey', help: 'how users prove themselves; default: jwt' },
    out: { type: 'string', short: 'o', value: 'file', help: 'write it there instead of printing it' },
    'tool-host': {
      type: 'string',
      multiple: true,
      value: 'name=tool,tool',
      help: 'with --auth nkey: a process of yours that hosts these tools; may repeat',
    },
    user: {
      type: 'string',
      multiple: true,
      value: 'name',
      help: 'with --auth nkey: a user with files and runs of its own; may repeat',
    },
  },
  async run(context) {
    const { auth = 'jwt', out } = context.options
    if (auth !== 'jwt' && auth !== 'nkey') {
      throw new UsageError(`--auth wants jwt or nkey; got "${String(auth)}"`)
    }
    const { readConfig } = await import('../daemon/use-daemon.ts')
    const config = await readConfig(context)
    const users = await teamUsers(
      config,
      [...toolHosts(context.options['tool-host']), ...namedUsers(context.options.user)],
      context.signal,
    )
    const { jwtServer, nkeyServer } = await import('@bailiwick/nats-server')
    const { dataPaths, makeDataDir, writePrivate } = await import('@bailiwick/coordinator/config/data-dir')
    makeDataDir(config.dataDir)
    const requests = users.map(({ name, permissions }) => ({ name, permissions }))
    const server =
      auth === 'jwt' ? await jwtServer(dataPaths.nats(config.dataDir), requests) : nkeyServer(requests)
    for (const { file, name } of users) {
      writePrivate(dataPaths.credentials(config.dataDir, file), server.credentials.get(name) ?? '')
    }
    const head = '# JetStream must be on besides: jetstream { store_dir: "/var/lib/nats" }\n'
    if (typeof out === 'string') {
      const { resolve } = await import('node:path')
      writePrivate(resolve(context.cwd, out), head + server.config)
    } else context.print((head + server.config).trimEnd())
    const files = users.map(({ file }) => file).join(', ')
    context.note(`credentials of ${files} are in ${dataPaths.credentials(config.dataDir, '*')}`)
    return EXIT.ok
  },
}

interface User {
  /** Of its credentials. */
  file: string
  name: string
  permissions: ReturnType<typeof import('@bailiwick/bus').permissionsFor>
}

/** Every process that a daemon with this configuration has or serves. */
async function teamUsers(config: LoadedConfig, more: NamedGrant[], signal: AbortSignal): Promise<User[]> {
  const { loadTeam } = await import('@bailiwick/coordinator/team/load-team')
  const { hostGrant, toolboxGrant } = await import('@bailiwick/coordinator/team/team-grants')
  const { permissionsFor, userName } = await import('@bailiwick/bus')
  const team = await loadTeam(config, signal)
  const readsFrom = team.map(({ card }) => card.name)
  const grants: [string, RoleGrant][] = [
    ['coordinator', { role: 'coordinator' }],
    ['toolbox', toolboxGrant(team)],
    ...team.map((one): [string, RoleGrant] => [one.card.name, hostGrant(one, team)]),
    ...more.map((grant): [string, RoleGrant] => [
      `${grant.role}-${grant.name}`,
      grant.role === 'user' ? grant : { ...grant, readsFrom },
    ]),
    ['user', { role: 'user', readsFrom }],
    ['reader', { role: 'reader', readsFrom }],
  ]
  return grants.map(([file, grant]) => ({ file, name: userName(grant), permissions: permissionsFor(grant) }))
}

type NamedGrant = Extract<RoleGrant, { role: 'tool-host' }> | { role: 'user'; name: string }

function namedUsers(given: unknown): NamedGrant[] {
  return (Array.isArray(given) ? given.map(String) : []).map((name) => ({ role: 'user', name }))
}

function toolHosts(given: unknown): NamedGrant[] {
  const words = Array.isArray(given) ? given.map(String) : []
  return words.map((word) => {
    const [name = '', tools = ''] = word.split('=')
    if (name === '' || tools === '') {
      throw new UsageError(`--tool-host wants name=tool,tool; got "${word}"`)
    }
    return { role: 'tool-host', name, tools: tools.split(',') }
  })
}
