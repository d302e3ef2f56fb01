import { BRAND, InputError, TOKEN } from '@bailiwick/contract'

const ROOT = BRAND.subjects

/**
 * Every subject of the bus, built in one place. An argument is one token; `'*'` makes a subscription's
 * wildcard of it. The subjects are the public protocol: see `docs/events.md` and `docs/asyncapi.json`.
 */
export const SUBJECTS = {
  /** One task's (or run's) journal; stream JOURNAL. */
  journal: (writer: string, run: string, task: string) => join('journal', writer, run, task),
  /** A doorbell: this task waits for that agent; stream TASK. */
  task: (agent: string, task: string) => join('task', agent, task),
  /** What happened, as a CloudEvent; stream EVENT. The owner is the bus user whose run it is. */
  event: (entity: string, verb: string, owner: string, run: string) =>
    join('event', entity, verb, owner, run),
  /** Token deltas and console lines of a run of this owner; never stored. */
  live: (owner: string, agent: string, run: string, task: string) => join('live', owner, agent, run, task),
  /** Requests about runs, to the coordinator. */
  run: (op: string) => join('run', op),
  /** The same by a named user, about runs of its own: the user is in the subject because a payload can lie. */
  runAs: (op: string, user: string) => join('run', op, user),
  /** Requests to one agent's hosts, by the coordinator. */
  control: (agent: string, op: string) => join('control', agent, op),
  /** A caller asks the coordinator to start a delegate. */
  delegate: (caller: string) => join('delegate', caller),
  /** One call of a tool; the caller is in the subject because a payload can lie. */
  tool: (tool: string, caller: string) => join('tool', tool, caller),
  /** A caller takes back a call or a delegation; every tool host and the coordinator hear it. */
  cancel: (caller: string) => join('cancel', caller),
} as const

/** All events, and all live messages, as subscriptions. */
export const EVERYTHING_OF = { event: `${ROOT}.event.>`, live: `${ROOT}.live.>` } as const

/** Where a journal message belongs, read from its subject; undefined for any other subject. */
export function parseJournalSubject(
  subject: string,
): { writer: string; run: string; task: string } | undefined {
  const [writer, run, task] = tokensAfter('journal', subject, 3) ?? []
  return writer && run && task ? { writer, run, task } : undefined
}

/** The agent and task of a doorbell. */
export function parseTaskSubject(subject: string): { agent: string; task: string } | undefined {
  const [agent, task] = tokensAfter('task', subject, 2) ?? []
  return agent && task ? { agent, task } : undefined
}

/** Where a live message comes from, read from its subject; undefined for any other subject. */
export function parseLiveSubject(
  subject: string,
): { owner: string; agent: string; run: string; task: string } | undefined {
  const [owner, agent, run, task] = tokensAfter('live', subject, 4) ?? []
  return owner && agent && run && task ? { owner, agent, run, task } : undefined
}

/** The caller of `delegate` and `cancel`. */
export function parseCallerSubject(kind: 'delegate' | 'cancel', subject: string): string | undefined {
  return tokensAfter(kind, subject, 1)?.[0]
}

/** The named user who asks about runs; undefined where it is the operator. */
export function parseRunSubject(subject: string): string | undefined {
  return tokensAfter('run', subject, 2)?.[1]
}

function join(...tokens: string[]): string {
  for (const token of tokens) {
    if (token !== '*' && !TOKEN.test(token)) {
      throw new InputError(
        `"${token.slice(0, 80)}" cannot be part of a subject: wanted 1 to 63 characters out of letters, digits, "_" and "-"`,
      )
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
