import type { CommandContext } from '../command/define-command.ts'
import { EXIT } from '../command/exit-codes.ts'
import { UsageError } from '../command/usage-error.ts'

const ROLES = ['user', 'reader', 'agent', 'tool-host'] as const

interface Options {
  role: string | undefined
  tool: string[]
  prompts: boolean
  expires: string | undefined
}

export async function execute(context: CommandContext<object, Options>): Promise<number> {
  const { options, json, print } = context
  const { tool: tools, prompts } = options
  const { role, name } = parseRole(options.role ?? 'user')
  checkRole(role, name, tools)
  if (prompts && role !== 'reader') {
    throw new UsageError(`--prompts needs role reader, found role ${role}. Add --role reader.`)
  }
  if (name !== undefined) await checkName(name)
  const expiresInSeconds = parseTime(options.expires)
  const { readConfig, requireDaemon } = await import('../daemon/use-daemon.ts')
  const { askLocal } = await import('../daemon/ask-local.ts')
  const config = await readConfig(context)
  const address = requireDaemon(config.dataDir)
  const request = {
    op: 'credentials' as const,
    role,
    tools,
    prompts,
    ...(name !== undefined && { name }),
    ...(expiresInSeconds !== undefined && { expiresInSeconds }),
  }
  const { credentials } = await askLocal(address, request, { note: context.note })
  const exported = {
    NATS_URL: address.url,
    ...address.tls,
    ...(credentials !== undefined && { NATS_CREDS: credentials }),
  }
  if (json) print(JSON.stringify(exported))
  else for (const [key, value] of Object.entries(exported)) print(`export ${key}=${quote(value)}`)
  return EXIT.ok
}

type Role = (typeof ROLES)[number]

/** Everything after the first colon is the name, including further colons. */
function parseRole(text: string): { role: Role; name: string | undefined } {
  const [word = ''] = text.split(':', 1)
  const role = ROLES.find((known) => known === word)
  if (role === undefined) {
    throw new UsageError(
      `--role: expected user, user:<name>, reader, reader:<name>, agent:<name> or tool-host:<name>, found "${text}".`,
    )
  }
  return { role, name: text === word ? undefined : text.slice(word.length + 1) }
}

function checkRole(role: Role, name: string | undefined, tools: readonly string[]): void {
  if ((role === 'agent' || role === 'tool-host') && name === undefined) {
    throw new UsageError(`--role: expected ${role}:<name>, found "${role}" without a name.`)
  }
  if (role === 'tool-host' && tools.length === 0) {
    throw new UsageError(
      'Role tool-host needs at least one tool. Add --tool <name> for each tool that it offers.',
    )
  }
  if (role !== 'tool-host' && role !== 'agent' && tools.length > 0) {
    throw new UsageError(
      `--tool needs role tool-host or agent, found role ${role}. Add --role tool-host:<name>.`,
    )
  }
}

async function checkName(name: string): Promise<void> {
  const { tokenSchema } = await import('@bailiwick/contract')
  const problem = tokenSchema.safeParse(name).error?.issues[0]?.message
  if (problem !== undefined)
    throw new UsageError(`--role: the name is not valid: ${problem}; found "${name}".`)
}

const SECONDS: Record<string, number> = { s: 1, m: 60, h: 3_600, d: 86_400 }

function parseTime(given: string | undefined): number | undefined {
  if (given === undefined) return undefined
  const [, count, unit = ''] = /^([1-9]\d{0,8})([smhd])$/.exec(given) ?? []
  const seconds = SECONDS[unit]
  if (seconds !== undefined) return Number(count) * seconds
  throw new UsageError(`--expires: expected a whole number with s, m, h or d, such as 12h, found "${given}".`)
}

/** Quotes a text as one word of a POSIX shell. */
function quote(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`
}
