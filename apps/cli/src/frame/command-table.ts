import type { Command } from './command.ts'

interface Row {
  summary: string
  load(): Promise<{ command: Command }>
}

/** Every command, in the order in which people meet them. A module is loaded when its command is used. */
export const COMMANDS: Readonly<Record<string, Row>> = {
  init: { summary: 'write a configuration', load: () => import('../commands/init.ts') },
  demo: {
    summary: 'answer a real question on real data, start to finish',
    load: () => import('../commands/demo.ts'),
  },
  run: { summary: 'give a task to the team and get the answer', load: () => import('../commands/run.ts') },
  up: { summary: 'start the daemon', load: () => import('../commands/up.ts') },
  down: { summary: 'end the daemon and all it started', load: () => import('../commands/down.ts') },
  status: { summary: 'what is running', load: () => import('../commands/status.ts') },
  runs: { summary: 'list runs', load: () => import('../commands/runs.ts') },
  show: { summary: 'show one run', load: () => import('../commands/show.ts') },
  approve: { summary: 'approve a call that waits', load: () => import('../commands/approve.ts') },
  reject: { summary: 'reject a call that waits', load: () => import('../commands/reject.ts') },
  cancel: { summary: 'cancel a run', load: () => import('../commands/cancel.ts') },
  purge: { summary: 'delete all that is kept of a run', load: () => import('../commands/purge.ts') },
  replay: { summary: 'execute a task’s code again, as it was', load: () => import('../commands/replay.ts') },
  fork: {
    summary: 'go on from a step of another task, perhaps with another model',
    load: () => import('../commands/fork.ts'),
  },
  dead: { summary: 'list tasks that nobody could work on', load: () => import('../commands/dead.ts') },
  retry: { summary: 'give a dead task out again', load: () => import('../commands/retry.ts') },
  events: { summary: 'print what happens, as CloudEvents', load: () => import('../commands/events.ts') },
  env: {
    summary: 'print address and credentials for another process',
    load: () => import('../commands/env.ts'),
  },
  'nats-config': {
    summary: 'print the configuration of a NATS server for this team',
    load: () => import('../commands/nats-config.ts'),
  },
  models: { summary: 'list models that can be reached', load: () => import('../commands/models.ts') },
  sandbox: { summary: 'try the sandbox that agents act in', load: () => import('../commands/sandbox.ts') },
  doctor: {
    summary: 'check this machine and the configuration',
    load: () => import('../commands/doctor.ts'),
  },
}
