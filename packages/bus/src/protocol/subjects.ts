import { BRAND, InputError, TOKEN } from '@bailiwick/contract'

const ROOT = BRAND.subjects

/**
 * Builds every subject of the bus. Each argument is one token, or `'*'` as a subscription's wildcard. The subjects are
 * the public protocol: see `docs/events.md` and `docs/asyncapi.json`.
 *
 * @throws InputError if an argument is not a token
 */
export const SUBJECTS = {
  /** One task's (or run's) journal; stream JOURNAL. */
  journal: (writer: string, run: string, task: string) => join('journal', writer, run, task),
  /** A bell: this task waits for a host of that agent; stream TASK. */
  task: (agent: string, task: string) => join('task', agent, task),
  /** What happened, as a CloudEvent; stream EVENT. The owner is the bus user whose run it is. */
  event: (entity: string, verb: string, owner: string, run: string) =>
    join('event', entity, verb, owner, run),
  /** Token deltas and console lines of a run of this owner; never stored. */
  live: (owner: string, agent: string, run: string, task: string) => join('live', owner, agent, run, task),
  /** Requests about runs, to the coordinator. */
  run: (op: string) => join('run', op),
  /** Requests of a named user about its own runs. The user is in the subject, where the server checks it. */
  runAs: (op: string, user: string) => join('run', op, user),
  /** Requests to one agent's hosts, by the coordinator. */
  control: (agent: string, op: string) => join('control', agent, op),
  /** Requests of an agent to the coordinator to start a delegate. */
  delegate: (caller: string) => join('delegate', caller),
  /** Calls of a tool. The caller is in the subject, where the server checks it. */
  tool: (tool: string, caller: string) => join('tool', tool, caller),
  /** Requests about files, to the toolbox. The caller is in the subject, where the server checks it. */
  file: (op: string, caller: string) => join('file', op, caller),
  /** Requests about the files of a tool's calls, by a process that serves the tool. */
  fileOfCall: (op: string, caller: string, tool: string) => join('file', op, caller, tool),
  /** A chunk or the entry of a stored file; streams FILES and RECORDS. */
  stored: (kind: string, scope: string, owner: string, id: string, part: string) =>
    join('stored', kind, scope, owner, id, part),
  /** A caller cancels a call or a delegation. Every tool host and the coordinator subscribe. */
  cancel: (caller: string) => join('cancel', caller),
} as const

/** Subscriptions to all events and all live texts. */
export const EVERYTHING_OF = { event: `${ROOT}.event.>`, live: `${ROOT}.live.>` } as const

/** The journal that a subject names; undefined for any other subject. */
export function parseJournalSubject(
  subject: string,
): { writer: string; run: string; task: string } | undefined {
  const [writer, run, task] = tokensAfter('journal', subject, 3) ?? []
  return writer && run && task ? { writer, run, task } : undefined
}

/** The agent and task of a bell; undefined for any other subject. */
export function parseTaskSubject(subject: string): { agent: string; task: string } | undefined {
  const [agent, task] = tokensAfter('task', subject, 2) ?? []
  return agent && task ? { agent, task } : undefined
}

/** The owner and run of an event; undefined for any other subject. */
export function parseEventSubject(subject: string): { owner: string; run: string } | undefined {
  const [, , owner, run] = tokensAfter('event', subject, 4) ?? []
  return owner && run ? { owner, run } : undefined
}

/** Where a live message comes from; undefined for any other subject. */
export function parseLiveSubject(
  subject: string,
): { owner: string; agent: string; run: string; task: string } | undefined {
  const [owner, agent, run, task] = tokensAfter('live', subject, 4) ?? []
  return owner && agent && run && task ? { owner, agent, run, task } : undefined
}

/** The caller in a `delegate` or `cancel` subject; undefined for any other subject. */
export function parseCallerSubject(kind: 'delegate' | 'cancel', subject: string): string | undefined {
  return tokensAfter(kind, subject, 1)?.[0]
}

/** The named user in a request about runs; undefined for the operator. */
export function parseRunSubject(subject: string): string | undefined {
  return tokensAfter('run', subject, 2)?.[1]
}

/** The operation, caller and tool of a request about files; undefined for any other subject. */
export function parseFileSubject(
  subject: string,
): { op: string; caller: string; tool: string | undefined } | undefined {
  const [op, caller, tool] = tokensAfter('file', subject, 2) ?? tokensAfter('file', subject, 3) ?? []
  return op && caller ? { op, caller, tool } : undefined
}

/** The file and the part of it that a subject names; undefined for any other subject. */
export function parseStoredSubject(
  subject: string,
): { kind: string; scope: string; owner: string; id: string; part: string } | undefined {
  const [kind, scope, owner, id, part] = tokensAfter('stored', subject, 5) ?? []
  return kind && scope && owner && id && part ? { kind, scope, owner, id, part } : undefined
}

function join(...tokens: string[]): string {
  for (const token of tokens) {
    if (token !== '*' && !TOKEN.test(token)) {
      throw new InputError(`Expected 1 to 63 letters, digits, "_" or "-", found "${token.slice(0, 80)}".`)
    }
  }
  return `${ROOT}.${tokens.join('.')}`
}

function tokensAfter(kind: string, subject: string, count: number): string[] | undefined {
  const prefix = `${ROOT}.${kind}.`
  if (!subject.startsWith(prefix)) return undefined
  const tokens = subject.slice(prefix.length).split('.')
  return tokens.length === count && tokens.every((token) => TOKEN.test(token)) ? tokens : undefined
}
