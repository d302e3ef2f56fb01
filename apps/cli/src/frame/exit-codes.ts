/** Exit codes of every command: stable, for scripts. */
export const EXIT = {
  ok: 0,
  /** Something went wrong that no other code names. */
  error: 1,
  /** The command line, the configuration, or an input is not usable; nothing was done. */
  usage: 2,
  /** The run ended as failed, exhausted or rejected. */
  runFailed: 3,
  /** The run was canceled by somebody else. */
  canceled: 4,
  /** No daemon, or it cannot be reached. */
  noDaemon: 5,
  /** Ended by Ctrl-C. */
  interrupted: 130,
} as const
