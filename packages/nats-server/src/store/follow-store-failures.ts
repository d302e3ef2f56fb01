import { followLog } from '../log/follow-log.ts'

/** The server could not write to its store. */
export interface StoreFailure {
  /** The server's own words. */
  readonly message: string
}

/**
 * Reads the server's log, because the server tells its clients nothing: it does not acknowledge their messages. Yields
 * at most four times a second, until aborted.
 */
export async function* followStoreFailures(
  server: { pid: number; log: string },
  signal: AbortSignal,
): AsyncGenerator<StoreFailure> {
  for await (const { lines } of followLog(server.log, signal)) {
    const message = lines.map((line) => storeFailure(line, server.pid)).findLast((text) => text !== undefined)
    if (message !== undefined) yield { message }
  }
}

// Clients choose texts in other lines, such as their names, but those lines begin with the client's address.
const LINE =
  /^\[(\d+)\] [\d/]+ [\d:.]+ \[(?:ERR|WRN|FTL)\] ((?:JetStream|Filestore)\b.*(?:critical write error|failed to store a msg|will be DISABLED).*)$/i

/** The message of a line that says that a write to the store failed. Undefined for every other line. */
export function storeFailure(line: string, ofPid: number): string | undefined {
  const [, pid, message] = LINE.exec(line) ?? []
  return Number(pid) === ofPid ? message : undefined
}
