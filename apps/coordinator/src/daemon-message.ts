import type { DaemonAddress } from './config/daemon-address.ts'

/** A message from a daemon to the command that started it. */
export type DaemonMessage =
  | { kind: 'note'; line: string }
  | { kind: 'ready'; address: DaemonAddress; missing: string[] }
  | { kind: 'failed'; code: string; message: string }
