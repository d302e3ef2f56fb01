import { InputError, type Level, TOKEN } from '@bailiwick/contract'
import { BUCKETS, inboxPrefix, STREAMS } from '../places.ts'
import { EVERYTHING_OF, SUBJECTS } from '../subjects.ts'
import { namedUser, OPERATOR, PROMPT_READER } from '../users.ts'
import { compactSubjects, type NatsPermissions } from './nats-permissions.ts'
import {
  askForCallFiles,
  askForFiles,
  followWholeStream,
  type Part,
  readBucket,
  readStream,
  storeFiles,
  takeTasks,
} from './parts.ts'

/** Names that belong to a role. */
const RESERVED = ['coordinator', 'toolbox', 'user', 'reader', PROMPT_READER]
const ROLE_NAMES = new RegExp(`^(user|reader|${PROMPT_READER})-`)

/** A role and its grants. */
export type RoleGrant =
  /** A host of an agent. From level 4 on it may request delegates. */
  | {
      role: 'host'
      agent: string
      level: Level
      /** Tools that it may call. */
      tools: readonly string[]
      /** Tools that it hosts itself. */
      serves?: readonly string[]
    }
  /**
   * The process that hosts the shipped tools and stores files. It looks up the tasks of its callers, and the owners of
   * runs.
   */
  | { role: 'toolbox'; tools: readonly string[] }
  /** An outside process that hosts tools. */
  | { role: 'tool-host'; name: string; tools: readonly string[] }
  /**
   * A user that submits and watches runs. Without a name: the operator, which sees all runs, texts and files. With a
   * name: sees only its own runs and their files.
   */
  | { role: 'user'; name?: string }
  /** A service that follows all events; with `prompts` also live texts and journals. */
  | { role: 'reader'; name?: string; prompts?: boolean }
  | { role: 'coordinator' }

/** The name of a role on the bus. */
export type Role = RoleGrant['role']

/**
 * The name of a user with this grant. Its replies arrive under `_INBOX.<name>`, and its calls carry the name.
 * Credentials must have exactly this name, and two roles must not share one.
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
 * The permissions of a process, as data for the server. Everything else is forbidden.
 *
 * @throws InputError for a name that is not a token, or is reserved for another role
 * @example
 * const grant = { role: 'host', agent: 'analyst', level: 5, tools: ['queryTable'] } as const
 * const { creds } = await server.credentials({ name: userName(grant), permissions: permissionsFor(grant) })
 */
export function permissionsFor(grant: RoleGrant): NatsPermissions {
  if (grant.role === 'coordinator') return { publish: { allow: ['>'] }, subscribe: { allow: ['>'] } }
  const name = userName(grant)
  if (!TOKEN.test(name))
    throw new InputError(`Expected a user name of 1 to 63 letters, digits, "_" or "-", found "${name}".`)
  const isRoles = ROLE_NAMES.test(name) && grant.role !== 'user' && grant.role !== 'reader'
  const isOwn = name === grant.role || (grant.role === 'reader' && name === PROMPT_READER)
  if ((RESERVED.includes(name) && !isOwn) || isRoles) {
    throw new InputError(`The name "${name}" is reserved. Choose another name for this ${grant.role}.`)
  }
  // Clients read the account's information before they open a bucket.
  const base: Part = { publish: ['$JS.API.INFO'], subscribe: [`${inboxPrefix(name)}.>`] }
  const parts = [base, ...partsOf(grant)]
  const responses = responsesOf(grant)
  return {
    publish: { allow: compactSubjects(parts.flatMap((part) => part.publish ?? [])) },
    subscribe: { allow: compactSubjects(parts.flatMap((part) => part.subscribe ?? [])) },
    ...(responses !== undefined && { responses }),
  }
}

/** Lets a process reply to the requests that it receives, instead of publishing to every inbox. */
function responsesOf(grant: RoleGrant): NatsPermissions['responses'] {
  const serves =
    grant.role === 'toolbox' || grant.role === 'tool-host' || (grant.role === 'host' && grant.serves)
  // A tool host sends a sign of work every two seconds, for up to a day.
  if (serves) return { max: 50_000, ttlMs: 24 * 60 * 60 * 1000 }
  return grant.role === 'host' ? { max: 1, ttlMs: 60_000 } : undefined
}

function partsOf(grant: Exclude<RoleGrant, { role: 'coordinator' }>): Part[] {
  const name = userName(grant)
  switch (grant.role) {
    case 'host':
      return [
        ...hostParts(grant),
        askForCallFiles(name, grant.serves ?? []),
        ...serveParts(grant.serves ?? []),
      ]
    case 'toolbox':
      return [...serveParts(grant.tools), ...lookUpParts(), storeFiles(), serveFilesPart()]
    case 'tool-host':
      return [askForCallFiles(name, grant.tools), ...serveParts(grant.tools)]
    case 'user':
      return name === OPERATOR
        ? [...readerParts(), liveParts(), { publish: [SUBJECTS.run('*')] }, askForFiles(name)]
        : [...registryParts(), ...ownParts(name)]
    case 'reader':
      return [...readerParts(), ...(grant.prompts ? [liveParts(), ...promptParts(name)] : [])]
  }
}

function hostParts({ agent, level, tools }: Extract<RoleGrant, { role: 'host' }>): Part[] {
  const journals = SUBJECTS.journal(agent, '*', '*')
  return [
    readStream(STREAMS.journal, journals),
    takeTasks(agent),
    askForFiles(agent),
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

/** Looking up who asks: the bell of a task, its first record, and the submission of a run. */
function lookUpParts(): Part[] {
  const journals = readStream(STREAMS.journal, SUBJECTS.journal('*', '*', '*'))
  return [
    journals,
    {
      publish: [
        `$JS.API.DIRECT.GET.${STREAMS.task}.${SUBJECTS.task('*', '*')}`,
        `$JS.API.STREAM.MSG.GET.${STREAMS.journal}`,
      ],
    },
  ]
}

function serveFilesPart(): Part {
  return { subscribe: [SUBJECTS.file('*', '*'), SUBJECTS.fileOfCall('*', '*', '*')] }
}

/** All events. */
function readerParts(): Part[] {
  return [followWholeStream(STREAMS.event), ...registryParts(), { subscribe: [EVERYTHING_OF.event] }]
}

/** The agents and tools that are announced. */
function registryParts(): Part[] {
  return [readBucket(BUCKETS.agents), readBucket(BUCKETS.tools)]
}

/** A named user's own runs: requests, events, live texts, files. */
function ownParts(user: string): Part[] {
  const events = SUBJECTS.event('*', '*', user, '*')
  return [
    { publish: [SUBJECTS.runAs('*', user)], subscribe: [events, SUBJECTS.live(user, '*', '*', '*')] },
    readStream(STREAMS.event, events),
    askForFiles(user),
  ]
}

function liveParts(): Part {
  return { subscribe: [EVERYTHING_OF.live] }
}

function promptParts(reader: string): Part[] {
  return [followWholeStream(STREAMS.journal), askForFiles(reader)]
}
