import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import {
  mintUser,
  type NatsPermissions,
  type SubjectRules,
  type UserCredentials,
  type UserRequest,
} from '../identity/credentials.ts'
import { ACCOUNT_LIMITS, loadIdentity } from '../identity/identity.ts'
import { createKey } from '../identity/key-pair.ts'
import { readMinted } from '../identity/read-minted.ts'
import { dataLayout, openDataDir } from '../store/data-layout.ts'
import { DEFAULT_LIMITS, type ServerLimits, trustLines } from './server-config.ts'

/** What a server that is not started here must be given, and what its users are. */
export interface ExternalServer {
  /** Text for the server's configuration. It holds public keys and JWTs, no seeds. */
  readonly config: string
  /** The text of a credentials file by user's name. Secrets. */
  readonly credentials: ReadonlyMap<string, string>
}

/**
 * Configuration for a server of its own in operator mode: it trusts whatever the keys in the data directory
 * sign, so that users can be added without touching it again.
 */
export async function jwtServer(
  dataDir: string,
  users: readonly UserRequest[],
  limits: ServerLimits = {},
): Promise<ExternalServer> {
  const { keys } = await openDataDir(dataDir)
  const identity = await loadIdentity(keys, limits)
  const credentials = new Map<string, string>()
  for (const user of users) credentials.set(user.name, (await mintUser(identity.account, user)).creds)
  return { config: `${common(limits)}${trustLines(identity)}`, credentials }
}

/**
 * Configuration for a server that has accounts in its file: one account, whose users prove themselves with
 * nkeys and have their permissions in the configuration. A new user means a new configuration.
 */
export function nkeyServer(users: readonly UserRequest[], limits: ServerLimits = {}): ExternalServer {
  const credentials = new Map<string, string>()
  const lines = users.map(({ name, permissions }) => {
    const key = createKey('user')
    credentials.set(name, `# user: ${name}\n${new TextDecoder().decode(key.getSeed())}\n`)
    return `      # ${name}\n      { nkey: ${key.getPublicKey()}${permissions ? permissionLines(permissions) : ''} }`
  })
  const { connections, subscriptions, streams, consumers } = { ...ACCOUNT_LIMITS, ...limits }
  const accounts = `accounts {
  bailiwick {
    jetstream: { max_streams: ${streams}, max_consumers: ${consumers} }
    limits: { max_connections: ${connections}, max_subscriptions: ${subscriptions} }
    users: [
${lines.join('\n')}
    ]
  }
}
`
  return { config: `${common(limits)}${accounts}`, credentials }
}

/**
 * Makes credentials for a server that was configured by {@link jwtServer} with the keys of this data
 * directory; undefined where the given credentials were not signed by them.
 */
export async function signerOf(
  dataDir: string,
  credsFile: string,
): Promise<((user: UserRequest) => Promise<UserCredentials>) | undefined> {
  const layout = dataLayout(dataDir)
  if (!existsSync(layout.keys)) return undefined
  const { account } = await loadIdentity(layout.keys)
  const given = await readMinted(await readFile(credsFile, 'utf8'))
  if (given?.account !== account.getPublicKey()) return undefined
  return (user) => mintUser(account, user)
}

function common(limits: ServerLimits): string {
  const { maxPayload, maxControlLine } = { ...DEFAULT_LIMITS, ...limits }
  return `max_payload: ${maxPayload}
# A user's credential is one line of the protocol, and may be longer than the default of 4096.
max_control_line: ${maxControlLine}
# A process that hangs is noticed within 6 s; the default takes 4 min.
ping_interval: "2s"
ping_max: 2
`
}

function permissionLines({ publish, subscribe, responses }: NatsPermissions): string {
  const parts = [
    ...(publish === undefined ? [] : [`publish: ${rules(publish)}`]),
    ...(subscribe === undefined ? [] : [`subscribe: ${rules(subscribe)}`]),
    ...(responses === undefined
      ? []
      : [`allow_responses: { max: ${responses.max}, expires: "${responses.ttlMs}ms" }`]),
  ]
  return `, permissions: {\n        ${parts.join('\n        ')}\n      }`
}

function rules({ allow, deny }: SubjectRules): string {
  // Nothing allowed means nothing at all; the server reads an empty list as everything.
  if (allow?.length === 0) return '{ deny: [">"] }'
  const list = (subjects: readonly string[]) => JSON.stringify(subjects)
  return `{ ${allow ? `allow: ${list(allow)}` : ''} ${deny?.length ? `deny: ${list(deny)}` : ''} }`
}
