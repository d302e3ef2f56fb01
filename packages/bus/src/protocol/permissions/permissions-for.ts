import { InputError, type Level, TOKEN } from '@bailiwick/contract'
import { BUCKETS, inboxPrefix, STREAMS } from '../places.ts'
import { EVERYTHING_OF, SUBJECTS } from '../subjects.ts'
import { namedUser, OPERATOR } from '../users.ts'
import { compactSubjects, type NatsPermissions } from './nats-permissions.ts'
import {
  followWholeStream,
  ownLargeRecords,
  type Part,
  readArtifacts,
  readBucket,
  readLargeRecords,
  readStream,
  takeTasks,
  writeArtifacts,
} from './parts.ts'

/** Whose files everybody with files may read besides their own. */
const STANDING_WRITERS = ['coordinator', 'toolbox', 'user']

/** Readers who see prompts: were they called as the others, those could listen to their inboxes. */
const PROMPT_READER = 'reader_prompts'

/** Names whose inboxes are somebody's already. */
const RESERVED = [...STANDING_WRITERS, 'reader', PROMPT_READER]
const ROLE_NAMES = new RegExp(`^(user|reader|${PROMPT_READER})-`)

/** Whom permissions are for, and what was granted. */
export type RoleGrant =
  /** A process of an agent. From level 4 on it may ask for delegates. */
  | {
      role: 'host'
      agent: string
      level: Level
      /** Tools that it may call. */
      tools: readonly string[]
      /** Tools that it hosts itself. */
      serves?: readonly string[]
      /** Other agents whose files it may read. */
      readsFrom?: readonly string[]
    }
  /** The process that hosts the shipped tools. It looks up the callers' tasks. */
  | { role: 'toolbox'; tools: readonly string[]; readsFrom?: readonly string[] }
  /** An outside process that hosts tools. */
  | { role: 'tool-host'; name: string; tools: readonly string[]; readsFrom?: readonly string[] }
  /**
   * Somebody who asks for runs, and sees what they do. Without a name: of all, texts and files included. With
   * one: of its own alone; its files are in a bucket of its own, and the coordinator brings it the results.
   */
  | { role: 'user'; name?: string; readsFrom?: readonly string[] }
  /** A service that follows events; with `prompts` also live texts and journals. */
  | { role: 'reader'; name?: string; prompts?: boolean; readsFrom?: readonly string[] }
  | { role: 'coordinator' }

export type Role = RoleGrant['role']

/**
 * The name of a user with this grant. Its replies arrive under `_INBOX.<name>`, and callers are known by
 * it: credentials must be made out to exactly this name, and two roles must not share one.
 */
export function userName(grant: RoleGrant): string {
  switch (grant.role) {
    case 'host':
      return grant.agent
    case 'toolbox':
    case 'coordinator':
      return grant.role
    case 'tool-host':
      return grant.name
    case 'user':
      return grant.name === undefined ? OPERATOR : namedUser(grant.name)
    case 'reader': {
      const kind = grant.prompts ? PROMPT_READER : grant.role
      return grant.name === undefined ? kind : `${kind}-${grant.name}`
    }
  }
}

/**
 * What a process may do on the bus, as data for the server. Everything that is not named is forbidden.
 *
 * @throws InputError for names that are no tokens.
 * @example
 * const grant = { role: 'host', agent: 'analyst', level: 5, tools: ['queryTable'] } as const
 * const { creds } = await server.credentials({ name: userName(grant), permissions: permissionsFor(grant) })
 */
export function permissionsFor(grant: RoleGrant): NatsPermissions {
  if (grant.role === 'coordinator') return { publish: { allow: ['>'] }, subscribe: { allow: ['>'] } }
  const name = userName(grant)
  if (!TOKEN.test(name))
    throw new InputError(`"${name}" cannot be a user's name: wanted one token of a subject`)
  const isRoles = ROLE_NAMES.test(name) && grant.role !== 'user' && grant.role !== 'reader'
  const isOwn = name === grant.role || (grant.role === 'reader' && name === PROMPT_READER)
  if ((RESERVED.includes(name) && !isOwn) || isRoles) {
    throw new InputError(`"${name}" is reserved: take another name for this ${grant.role}`)
  }
  // Clients ask what the account may do before they open a bucket.
  const base: Part = { publish: ['$JS.API.INFO'], subscribe: [`${inboxPrefix(name)}.>`] }
  const parts = [base, ...partsOf(grant)]
  const responses = responsesOf(grant)
  return {
    publish: { allow: compactSubjects(parts.flatMap((part) => part.publish ?? [])) },
    subscribe: { allow: compactSubjects(parts.flatMap((part) => part.subscribe ?? [])) },
    ...(responses !== undefined && { responses }),
  }
}

/** Who is asked may answer whoever asked, instead of publishing into every inbox. */
function responsesOf(grant: RoleGrant): NatsPermissions['responses'] {
  const serves =
    grant.role === 'toolbox' || grant.role === 'tool-host' || (grant.role === 'host' && grant.serves)
  // A host of tools says every two seconds that it works, for up to a day.
  if (serves) return { max: 50_000, ttlMs: 24 * 60 * 60 * 1000 }
  return grant.role === 'host' ? { max: 1, ttlMs: 60_000 } : undefined
}

function partsOf(grant: Exclude<RoleGrant, { role: 'coordinator' }>): Part[] {
  const files = [...STANDING_WRITERS, ...(grant.readsFrom ?? [])].map(readArtifacts)
  const name = userName(grant)
  switch (grant.role) {
    case 'host':
      return [...files, ...hostParts(grant), ...serveParts(grant.serves ?? [])]
    case 'toolbox':
      return [
        ...files,
        ...serveParts(grant.tools),
        writeArtifacts('toolbox'),
        ...lookUpParts(grant.readsFrom ?? []),
      ]
    case 'tool-host':
      return [...files, ...serveParts(grant.tools), writeArtifacts(grant.name)]
    case 'user':
      return name === OPERATOR
        ? [...files, ...readerParts(), liveParts(), writeArtifacts(name), ...askParts()]
        : [...registryParts(), ...(grant.readsFrom ?? []).map(readArtifacts), ...ownParts(name)]
    case 'reader':
      return [
        ...readerParts(),
        ...(grant.prompts ? [liveParts(), ...promptParts(grant.readsFrom ?? [])] : []),
      ]
  }
}

function hostParts({ agent, level, tools }: Extract<RoleGrant, { role: 'host' }>): Part[] {
  const journals = SUBJECTS.journal(agent, '*', '*')
  return [
    readStream(STREAMS.journal, journals),
    takeTasks(agent),
    ownLargeRecords(agent),
    writeArtifacts(agent),
    {
      publish: [
        journals,
        SUBJECTS.live('*', agent, '*', '*'),
        `$KV.${BUCKETS.agents}.${agent}.*`,
        SUBJECTS.cancel(agent),
        ...tools.map((tool) => SUBJECTS.tool(tool, agent)),
        ...(level >= 4 ? [SUBJECTS.delegate(agent)] : []),
      ],
      subscribe: [SUBJECTS.control(agent, '*')],
    },
  ]
}

function serveParts(tools: readonly string[]): Part[] {
  if (tools.length === 0) return []
  return [
    {
      publish: tools.map((tool) => `$KV.${BUCKETS.tools}.${tool}`),
      subscribe: [SUBJECTS.cancel('*'), ...tools.map((tool) => SUBJECTS.tool(tool, '*'))],
    },
  ]
}

/** Who calls, and for which run: the task's bell, and its first record. */
function lookUpParts(agents: readonly string[]): Part[] {
  const bells = { publish: [`$JS.API.DIRECT.GET.${STREAMS.task}.${SUBJECTS.task('*', '*')}`] }
  const journals = readStream(STREAMS.journal, SUBJECTS.journal('*', '*', '*'))
  return [bells, journals, ...agents.map(readLargeRecords)]
}

/** All events. */
function readerParts(): Part[] {
  return [followWholeStream(STREAMS.event), ...registryParts(), { subscribe: [EVERYTHING_OF.event] }]
}

/** The agents and tools that are announced. */
function registryParts(): Part[] {
  return [readBucket(BUCKETS.agents), readBucket(BUCKETS.tools)]
}

/** Asking the coordinator, whose large answers are in its journal bucket. */
function askParts(): Part[] {
  return [{ publish: [SUBJECTS.run('*')] }, readLargeRecords('coordinator')]
}

/** A named user's own runs: requests, events, live texts, and buckets of its own for files and large replies. */
function ownParts(user: string): Part[] {
  const events = SUBJECTS.event('*', '*', user, '*')
  return [
    { publish: [SUBJECTS.runAs('*', user)], subscribe: [events, SUBJECTS.live(user, '*', '*', '*')] },
    readStream(STREAMS.event, events),
    writeArtifacts(user),
    readLargeRecords(user),
  ]
}

function liveParts(): Part {
  return { subscribe: [EVERYTHING_OF.live] }
}

function promptParts(agents: readonly string[]): Part[] {
  return [followWholeStream(STREAMS.journal), ...['coordinator', ...agents].map(readLargeRecords)]
}
