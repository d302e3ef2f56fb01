/** Names of the streams. Only the coordinator creates and changes them. */
export const STREAMS = {
  journal: 'JOURNAL',
  task: 'TASK',
  event: 'EVENT',
  dead: 'DEAD',
  /** Files of runs, and large arguments and results of tools. Only the toolbox and the coordinator have rights on it. */
  files: 'FILES',
  /** Records and replies that are too large for a message. As private as `files`, and kept as long as journals. */
  records: 'RECORDS',
} as const

/** Names of the key-value buckets. */
export const BUCKETS = {
  agents: 'agents',
  tools: 'tools',
  /** Which coordinators are alive, and which one publishes events. Only coordinators have rights on it. */
  coordinators: 'coordinators',
  /** A summary of each run, derived from its journals. Only coordinators have rights on it. */
  runs: 'runs',
} as const

/** The coordinator as a bus user: it writes the journals of runs, and owns runs that no user submitted. */
export const COORDINATOR = 'coordinator'

/** The run under which the coordinator journals what the server refused. No other run may have this id. */
export const ACCESS_RUN = 'access'

/** The stream behind a key-value bucket. */
export function kvStream(bucket: string): string {
  return `KV_${bucket}`
}

/** A journal message or a tool's result with more bytes of JSON is stored as a file. */
export const LARGE_BYTES = 128 * 1024

/** First token of every reply subject. */
export const INBOX = '_INBOX'

/** The prefix of a user's reply subjects. No other user may subscribe to them. */
export function inboxPrefix(user: string): string {
  return `${INBOX}.${user}`
}
