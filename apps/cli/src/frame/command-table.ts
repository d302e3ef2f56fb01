import type { Command } from './command.ts'

interface Row {
  summary: string
  load(): Promise<{ command: Command }>
}

/** Every command, in the order in which people meet them. A module is loaded when its command is used. */
export const COMMANDS: Readonly<Record<string, Row>> = {
  init: { summary: 'write a configuration', load: () => import('../init.ts') },
  demo: { summary: 'answer a real question on real data, start to finish', load: () => import('../demo.ts') },
  run: { summary: 'give a task to the team and get the answer', load: () => import('../run.ts') },
  up: { summary: 'start the daemon', load: () => import('../up.ts') },
  down: { summary: 'end the daemon and all it started', load: () => import('../down.ts') },
  status: { summary: 'what is running', load: () => import('../status.ts') },
  runs: { summary: 'list runs', load: () => import('../runs.ts') },
  show: { summary: 'show one run', load: () => import('../show.ts') },
  answer: {
    summary: 'say yes or no to a call that waits for it',
    load: () => import('../answer.ts'),
  },
  cancel: { summary: 'cancel a run', load: () => import('../cancel.ts') },
  purge: { summary: 'delete all that is kept of a run', load: () => import('../purge.ts') },
  replay: { summary: 'execute a task’s code again, as it was', load: () => import('../replay.ts') },
  fork: {
    summary: 'go on from a step of another task, perhaps with another model',
    load: () => import('../fork.ts'),
  },
  dead: { summary: 'list tasks that nobody could work on', load: () => import('../dead.ts') },
  retry: { summary: 'give a dead task out again', load: () => import('../retry.ts') },
  events: { summary: 'print what happens, as CloudEvents', load: () => import('../events.ts') },
  env: { summary: 'print address and credentials for another process', load: () => import('../env.ts') },
  'nats-config': {
    summary: 'print the configuration of a NATS server for this team',
    load: () => import('../nats-config.ts'),
  },
  models: { summary: 'list models that can be reached', load: () => import('../models.ts') },
  sandbox: { summary: 'try the sandbox that agents act in', load: () => import('../sandbox.ts') },
  doctor: { summary: 'check this machine and the configuration', load: () => import('../doctor.ts') },
}
