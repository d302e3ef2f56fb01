/** Exit codes of every command. They are stable, for scripts. */
export const EXIT = {
  ok: 0,
  /** An error that no other code names. */
  error: 1,
  /** The command line, the configuration or an input is not usable. The command did nothing. */
  usage: 2,
  /** The run failed, exhausted its budget, or was rejected. */
  runFailed: 3,
  /** Someone else canceled the run. */
  canceled: 4,
  /** No daemon is running, or the command cannot reach it. */
  noDaemon: 5,
  /** An evaluation is below the share that `--min` requires. */
  gateFailed: 6,
  /** Ctrl-C or SIGTERM ended the command. */
  interrupted: 130,
} as const
