import type { DaemonAddress } from './config/daemon-address.ts'

/** What a daemon tells the command that started it. */
export type DaemonMessage =
  | { kind: 'note'; line: string }
  | { kind: 'ready'; address: DaemonAddress }
  | { kind: 'failed'; code: string; message: string }
