/** What somebody tried: to publish, to subscribe, to connect, or to send more than the server takes at once. */
export type RefusedAction = 'publish' | 'subscribe' | 'connect' | 'oversize'

/** A line of the server's log that says it refused something. */
export interface RefusalLine {
  /** The server process that wrote it. */
  readonly pid: number
  /** The connection, by the server's count. */
  readonly cid: number
  readonly action: RefusedAction
  /** With the server's escapes for what cannot be printed, cut at 200 characters. */
  readonly subject?: string
}

const SUBJECT_LENGTH = 200

// What a client chooses (its name, the subject) is quoted by the server, line ends and quotes escaped:
// read as whole quoted words, it cannot pass for a part of the line.
const QUOTED = String.raw`"(?:[^"\\]|\\.)*"`
const LINE = new RegExp(
  String.raw`^\[(\d+)\] [\d/]+ [\d:.]+ \[ERR\] \S+ - cid:(\d+) - (?:${QUOTED} - )*(.+)$`,
)
const VIOLATION = new RegExp(
  // Older servers say whose it was, such as Nkey "U…", before the subject.
  String.raw`^(Publish|Subscription) Violation - (?:[\w ]+ ${QUOTED}, )?(?:Subject|Reply) (${QUOTED})`,
)

/**
 * Reads one line of the log; undefined for all others. Who it was does not stand in it: the key that the
 * server prints is the one that the client said it had, not the one it proved.
 */
export function parseRefusal(line: string): RefusalLine | undefined {
  const [, pid, cid, said = ''] = LINE.exec(line) ?? []
  if (pid === undefined || cid === undefined) return undefined
  const where = { pid: Number(pid), cid: Number(cid) }
  const [, kind, quoted = ''] = VIOLATION.exec(said) ?? []
  if (kind !== undefined) {
    const subject = quoted
      .slice(1, -1)
      .replaceAll(/\\(["\\])/g, '$1')
      .slice(0, SUBJECT_LENGTH)
    return { ...where, action: kind === 'Publish' ? 'publish' : 'subscribe', subject }
  }
  if (/^authentication error/.test(said)) return { ...where, action: 'connect' }
  if (/^maximum (?:payload|control line) exceeded/.test(said)) return { ...where, action: 'oversize' }
  return undefined
}
