/** Names of the streams. Only the coordinator creates and changes them. */
export const STREAMS = { journal: 'JOURNAL', task: 'TASK', event: 'EVENT', dead: 'DEAD' } as const

/** Names of the key-value buckets. */
export const BUCKETS = { agents: 'agents', tools: 'tools' } as const

/** The coordinator as a bus user: it writes the journals of runs, and owns runs that no user submitted. */
export const COORDINATOR = 'coordinator'

/** The run under which the coordinator journals what the server refused. No other run may have this id. */
export const ACCESS_RUN = 'access'

/** The object-store bucket with the files that a writer shares: files of runs, large tool results. */
export function artifactBucket(writer: string): string {
  return `artifact_${writer}`
}

/**
 * The object-store bucket with records that do not fit into a writer's journal messages. Separate from its artifacts,
 * because other agents may read artifacts, but not journals, which contain prompts.
 */
export function journalBucket(writer: string): string {
  return `journal_${writer}`
}

/** The stream behind a key-value bucket. */
export function kvStream(bucket: string): string {
  return `KV_${bucket}`
}

/** The stream behind an object-store bucket. */
export function objectStream(bucket: string): string {
  return `OBJ_${bucket}`
}

/** A journal message or a tool's result with more bytes of JSON goes into the object store. */
export const LARGE_BYTES = 128 * 1024

/** First token of every reply subject. */
export const INBOX = '_INBOX'

/** The prefix of a user's reply subjects. No other user may subscribe to them. */
export function inboxPrefix(user: string): string {
  return `${INBOX}.${user}`
}
