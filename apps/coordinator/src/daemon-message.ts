import type { DaemonAddress } from './config/daemon-address.ts'

/** A message from a daemon to the command that started it. */
export type DaemonMessage =
  | { kind: 'note'; line: string }
  /** `missing` has the names of the team's processes that did not start. */
  | { kind: 'ready'; address: DaemonAddress; missing: string[] }
  | { kind: 'failed'; code: string; message: string }
