/** Names of the streams. The coordinator alone makes and changes them. */
export const STREAMS = { journal: 'JOURNAL', task: 'TASK', event: 'EVENT', dead: 'DEAD' } as const

/** Names of the key-value buckets. */
export const BUCKETS = { agents: 'agents', tools: 'tools' } as const

/** The coordinator as a bus user: it writes the journals of runs and owns the runs of nobody. */
export const COORDINATOR = 'coordinator'

/** The run under which the coordinator journals what the server refused. No other run may have this id. */
export const ACCESS_RUN = 'access'

/** The object-store bucket with what a writer shows to others: files of runs, large tool results. */
export function artifactBucket(writer: string): string {
  return `artifact_${writer}`
}

/**
 * The object-store bucket with what does not fit into a writer's journal messages. Apart from its
 * artifacts, because journals hold prompts and other agents may read artifacts only.
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

/** Bytes of JSON above which a journal message or a tool's result goes into the object store. */
export const LARGE_BYTES = 128 * 1024

/** First token of every reply subject. */
export const INBOX = '_INBOX'

/** Where a user's replies arrive: nobody else may listen there. */
export function inboxPrefix(user: string): string {
  return `${INBOX}.${user}`
}
