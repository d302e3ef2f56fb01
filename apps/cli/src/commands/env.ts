import type { Command } from '../frame/command.ts'
import { EXIT } from '../frame/exit-codes.ts'
import { UsageError } from '../frame/usage-error.ts'

const ROLES = ['user', 'reader', 'agent', 'tool-host'] as const

export const command: Command = {
  words: '',
  count: [0, 0],
  details: `Prints NATS_URL and NATS_CREDS (the path of a credentials file) as shell exports:
  eval "$(bailiwick env --role reader)"

Roles: user (asks about all runs), user:<name> (about its own runs, with files of its own), reader or
reader:<name> (follows events; with --prompts also live texts and journals), agent:<name> (hosts that agent), tool-host:<name> (hosts the tools named by --tool).

These credentials are renewed by nobody: with --expires they end by themselves, without it they do not.`,
  options: {
    role: { type: 'string', value: 'role', help: 'whose credentials; default: user' },
    tool: {
      type: 'string',
      multiple: true,
      value: 'name',
      help: 'with role tool-host: a tool it offers; may repeat',
    },
    prompts: { type: 'boolean', help: 'with role reader: sees prompts, replies, code and results too' },
    expires: { type: 'string', value: 'time', help: 'when the credentials end, such as 90m, 12h or 30d' },
  },
  async run(context) {
    const { options, json, print } = context
    const { role, name } = parseRole(String(options.role ?? 'user'))
    const tools = Array.isArray(options.tool) ? options.tool : []
    const prompts = options.prompts === true
    checkRole(role, name, tools)
    if (prompts && role !== 'reader') throw new UsageError('--prompts goes with --role reader')
    if (name !== undefined) await checkName(name)
    const expiresInSeconds = parseTime(options.expires)
    const { readConfig } = await import('../daemon/use-daemon.ts')
    const { findDaemon } = await import('@bailiwick/coordinator/config/daemon-address')
    const { askLocal } = await import('../daemon/ask-local.ts')
    const config = await readConfig(context)
    const address = findDaemon(config.dataDir)
    if (address === undefined) {
      const { CodedError } = await import('../frame/coded-error.ts')
      throw new CodedError('no-daemon', `no daemon runs on ${config.dataDir}: start one with "bailiwick up"`)
    }
    const { credentials } = await askLocal(address, {
      op: 'credentials',
      role,
      tools,
      prompts,
      ...(name !== undefined && { name }),
      ...(expiresInSeconds !== undefined && { expiresInSeconds }),
    })
    const exported = {
      NATS_URL: address.url,
      ...address.tls,
      ...(credentials !== undefined && { NATS_CREDS: credentials }),
    }
    if (json) print(JSON.stringify(exported))
    else for (const [key, value] of Object.entries(exported)) print(`export ${key}=${quote(value)}`)
    return EXIT.ok
  },
}

type Role = (typeof ROLES)[number]

/** What follows the first colon is the name, whatever is in it. */
function parseRole(text: string): { role: Role; name: string | undefined } {
  const [word = ''] = text.split(':', 1)
  const role = ROLES.find((known) => known === word)
  if (role === undefined) {
    throw new UsageError(
      `unknown role "${text}": wanted user, user:<name>, reader, reader:<name>, agent:<name> or tool-host:<name>`,
    )
  }
  return { role, name: text === word ? undefined : text.slice(word.length + 1) }
}

function checkRole(role: Role, name: string | undefined, tools: readonly string[]): void {
  if ((role === 'agent' || role === 'tool-host') && name === undefined) {
    throw new UsageError(`role "${role}" wants a name: ${role}:<name>`)
  }
  if (role === 'tool-host' && tools.length === 0) {
    throw new UsageError('role "tool-host" wants the tools that it offers: --tool <name>, once or more')
  }
  if (role !== 'tool-host' && tools.length > 0) {
    throw new UsageError('--tool goes with --role tool-host:<name>')
  }
}

async function checkName(name: string): Promise<void> {
  const { tokenSchema } = await import('@bailiwick/contract')
  const problem = tokenSchema.safeParse(name).error?.issues[0]?.message
  if (problem !== undefined) throw new UsageError(`the name of a role: ${problem}; got "${name}"`)
}

const SECONDS: Record<string, number> = { s: 1, m: 60, h: 3_600, d: 86_400 }

function parseTime(given: unknown): number | undefined {
  if (given === undefined) return undefined
  const [, count, unit = ''] = /^([1-9]\d{0,8})([smhd])$/.exec(String(given)) ?? []
  const seconds = SECONDS[unit]
  if (seconds !== undefined) return Number(count) * seconds
  throw new UsageError(`--expires wants a whole number and s, m, h or d, such as 12h; got "${String(given)}"`)
}

/** One word for a POSIX shell, whatever is in it. */
function quote(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`
}
