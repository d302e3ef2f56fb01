import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import {
  mintUser,
  type NatsPermissions,
  readCredentials,
  type SubjectRules,
  type UserCredentials,
  type UserRequest,
} from '../identity/credentials.ts'
import { ACCOUNT_LIMITS, loadIdentity } from '../identity/identity.ts'
import { createKey } from '../identity/key-pair.ts'
import { dataLayout, openDataDir } from '../store/data-layout.ts'
import { connectionLines, DEFAULT_LIMITS, type ServerLimits, trustLines } from './server-config.ts'

/** Configuration for a server that this package does not start, and credentials for its users. */
export interface ExternalServerConfig {
  /** Text for the server's configuration file. It holds public keys and JWTs, never seeds. */
  readonly config: string
  /** The text of a credentials file by user name. Secret. */
  readonly credentials: ReadonlyMap<string, string>
}

/**
 * Configures a dedicated server in operator mode. It trusts the keys in the data directory, so new users need no
 * change of its configuration.
 *
 * @param dataDir holds the keys; created if it is missing
 */
export async function jwtServerConfig(
  dataDir: string,
  users: readonly UserRequest[],
  limits: ServerLimits = {},
): Promise<ExternalServerConfig> {
  const { keys } = await openDataDir(dataDir)
  const identity = await loadIdentity(keys, limits)
  const credentials = new Map<string, string>()
  for (const user of users) credentials.set(user.name, (await mintUser(identity.account, user)).creds)
  const config = `${connectionLines({ ...DEFAULT_LIMITS, ...limits })}${trustLines(identity)}`
  return { config, credentials }
}

/**
 * Configures a server with accounts in its own file: one account, whose users have nkeys and permissions in the
 * configuration. A new user needs a new configuration.
 */
export function nkeyServerConfig(
  users: readonly UserRequest[],
  limits: ServerLimits = {},
): ExternalServerConfig {
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
  return { config: `${connectionLines({ ...DEFAULT_LIMITS, ...limits })}${accounts}`, credentials }
}

/**
 * Finds the keys that signed a credentials file, and mints more users with them.
 *
 * @param dataDir the data directory that {@link jwtServerConfig} was given
 * @returns undefined if the keys of this data directory did not sign the credentials
 */
export async function findMint(
  dataDir: string,
  credsFile: string,
): Promise<((user: UserRequest) => Promise<UserCredentials>) | undefined> {
  const layout = dataLayout(dataDir)
  if (!existsSync(layout.keys)) return undefined
  const { account } = await loadIdentity(layout.keys)
  const given = await readCredentials(await readFile(credsFile, 'utf8'))
  if (given?.account !== account.getPublicKey()) return undefined
  return (user) => mintUser(account, user)
}

function permissionLines({ publish, subscribe, responses }: NatsPermissions): string {
  const parts = [
    ...(publish === undefined ? [] : [`publish: ${ruleLine(publish)}`]),
    ...(subscribe === undefined ? [] : [`subscribe: ${ruleLine(subscribe)}`]),
    ...(responses === undefined
      ? []
      : [`allow_responses: { max: ${responses.max}, expires: "${responses.ttlMs}ms" }`]),
  ]
  return `, permissions: {\n        ${parts.join('\n        ')}\n      }`
}

function ruleLine({ allow, deny }: SubjectRules): string {
  // An empty allow list means nothing here, but the server reads it as everything.
  if (allow?.length === 0) return '{ deny: [">"] }'
  const list = (subjects: readonly string[]) => JSON.stringify(subjects)
  return `{ ${allow ? `allow: ${list(allow)}` : ''} ${deny?.length ? `deny: ${list(deny)}` : ''} }`
}
