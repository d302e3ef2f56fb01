/** The refused action: publishing, subscribing, connecting, or sending a message above the size limit. */
export type RefusedAction = 'publish' | 'subscribe' | 'connect' | 'oversize'

/** A line of the server's log about a refusal. */
export interface RefusalLine {
  /** The server process that wrote the line. */
  readonly pid: number
  /** The server's number for the connection. */
  readonly cid: number
  readonly action: RefusedAction
  /** Unprintable characters are escaped as the server does it. Cut at 200 characters. */
  readonly subject?: string
}

const MAX_SUBJECT_CHARS = 200

// The server quotes texts that a client chooses (its name, the subject) and escapes quotes and line ends in them.
// Matching whole quoted texts keeps a client from forging other parts of the line.
const QUOTED = String.raw`"(?:[^"\\]|\\.)*"`
const LINE = new RegExp(
  String.raw`^\[(\d+)\] [\d/]+ [\d:.]+ \[ERR\] \S+ - cid:(\d+) - (?:${QUOTED} - )*(.+)$`,
)
const VIOLATION = new RegExp(
  // Older servers print the user before the subject, such as Nkey "U…".
  String.raw`^(Publish|Subscription) Violation - (?:[\w ]+ ${QUOTED}, )?(?:Subject|Reply) (${QUOTED})`,
)

/**
 * Parses one line of the log.
 *
 * @returns undefined for every line that is not a refusal. The user is not in the result: the server prints the
 * key that the client claimed, not the key that it proved
 */
export function parseRefusal(line: string): RefusalLine | undefined {
  const [, pid, cid, message = ''] = LINE.exec(line) ?? []
  if (pid === undefined || cid === undefined) return undefined
  const where = { pid: Number(pid), cid: Number(cid) }
  const [, kind, quoted = ''] = VIOLATION.exec(message) ?? []
  if (kind !== undefined) {
    const subject = quoted
      .slice(1, -1)
      .replaceAll(/\\(["\\])/g, '$1')
      .slice(0, MAX_SUBJECT_CHARS)
    return { ...where, action: kind === 'Publish' ? 'publish' : 'subscribe', subject }
  }
  if (/^authentication error/.test(message)) return { ...where, action: 'connect' }
  if (/^maximum (?:payload|control line) exceeded/.test(message)) return { ...where, action: 'oversize' }
  return undefined
}
