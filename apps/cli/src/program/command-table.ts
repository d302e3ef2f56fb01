import { type CommandDescription, type CommandSpec, defineCommand } from '../command/define-command.ts'
import { EXIT } from '../command/exit-codes.ts'

const START = 'Getting started:'
const RUNS = 'Runs:'
const TASKS = 'Tasks:'
const DAEMON = 'Daemon:'
const OTHER = 'Other:'

const OUT = {
  short: 'o',
  value: 'dir',
  help: 'Write the answer, all files and run.json to this folder',
} as const
const RUN = { help: 'Id of the run' } as const
const CALL = { optional: true, help: 'Id of the call, if several calls are waiting' } as const
const CALL_TASK = { value: 'id', help: 'Id of the task, if calls of several tasks have the same id' } as const
const WAITING_CALLS =
  'A call waits for approval if the approval setting of its agent is "risky" or "always". "bailiwick show <run>" lists the waiting calls.'
const RUN_OR_TASK = {
  placeholder: 'run|task-id',
  help: 'Id of the run that has the task, or id of the task itself',
} as const
const TASK = { optional: true, help: 'Name of the task in the plan of the run' } as const

/** Every command, in the order of the help. The parser, the help and shell completion are built from this table. */
export const COMMANDS: readonly CommandSpec[] = [
  defineCommand({
    name: 'init',
    group: START,
    summary: 'Write a configuration file',
    details: 'Writes bailiwick.config.ts with the most useful settings as comments. Never overwrites a file.',
    arguments: { dir: { optional: true, help: 'Folder for the file (default: this folder)' } },
    configured: false,
    load: () => import('../commands/init.ts'),
  }),
  defineCommand({
    name: 'demo',
    group: START,
    summary: 'Answer a question about real data, from start to finish',
    details: `Answers a question about 1,461 days of weather in Seattle. An analyst writes and runs code, and a writer reports the result. The daemon, nats-server, the toolbox and the agents run as separate processes and end with the command.

The demo uses your model if it finds one (BAILIWICK_MODEL, OPENAI_API_KEY or Ollama). Otherwise it uses prepared replies.`,
    options: {
      out: { short: 'o', value: 'dir', help: 'Folder for the report, the chart and run.json (default: out)' },
      sabotage: { help: 'Kill a host, its sandbox, nats-server and the daemon during the run' },
      data: { value: 'file', help: 'Use another CSV file with the same columns' },
    },
    configured: false,
    load: () => import('../commands/demo.ts'),
  }),
  defineCommand({
    name: 'doctor',
    group: START,
    summary: 'Check this machine and the configuration',
    details:
      'Checks Node, nats-server, the model, the isolation of the sandbox, the team and the data directory. Exits with 1 if it finds a problem.',
    options: {
      'fetch-bubblewrap': { help: 'Download bubblewrap into the cache (Debian and Ubuntu, without root)' },
    },
    load: () => import('../commands/doctor.ts'),
  }),

  defineCommand({
    name: 'run',
    group: RUNS,
    summary: 'Give a task to the team and print the answer',
    details:
      'Starts a daemon for this run if none is running. Ctrl-C cancels the run. With --out, writes the answer to report.md instead of printing it, its data to answer.json, and the code of each task to code/.',
    arguments: { task: { help: 'The task, in quotes' } },
    options: {
      input: { short: 'i', multiple: true, value: 'name=path', help: 'Give the run a file (repeatable)' },
      agent: { short: 'a', value: 'name|path', help: 'Give the whole task to this agent' },
      strategy: {
        value: 'name',
        choices: ['auto', 'plan', 'direct'],
        help: 'Split the task by a plan, give it to one agent, or decide by team and task (auto)',
      },
      out: OUT,
      plan: { help: 'Show the plan and an estimate first; on a terminal, ask before going on' },
      record: { value: 'file', help: "Record the model's responses to a cassette file" },
      replay: { value: 'file', help: 'Take the responses from a cassette file instead of a model' },
      'replay-by': {
        value: 'mode',
        choices: ['strict', 'lane'],
        help: 'Match responses by the exact prompt, or by agent and step',
      },
    },
    load: () => import('../commands/run.ts'),
  }),
  defineCommand({
    name: 'runs',
    group: RUNS,
    summary: 'List runs, newest first',
    options: {
      limit: { short: 'n', value: 'count', help: 'List at most this many, up to 1000 (default: 20)' },
    },
    load: () => import('../commands/runs.ts'),
  }),
  defineCommand({
    name: 'show',
    group: RUNS,
    summary: 'Show a run: its tasks, their cost and the answer',
    arguments: { run: RUN },
    options: {
      out: OUT,
      task: {
        short: 't',
        value: 'name',
        help: 'Show the journal of this task, given by name or id ("run" is the run\'s own)',
      },
    },
    load: () => import('../commands/show.ts'),
  }),
  defineCommand({
    name: 'approve',
    group: RUNS,
    summary: 'Approve a waiting call',
    details: WAITING_CALLS,
    arguments: { run: RUN, call: CALL },
    options: { task: CALL_TASK },
    load: () => import('../commands/approve.ts'),
  }),
  defineCommand({
    name: 'reject',
    group: RUNS,
    summary: 'Reject a waiting call',
    details: WAITING_CALLS,
    arguments: { run: RUN, call: CALL },
    options: { task: CALL_TASK, reason: { value: 'text', help: 'Reason, which the agent can read' } },
    load: () => import('../commands/reject.ts'),
  }),
  defineCommand({
    name: 'cancel',
    group: RUNS,
    summary: 'Cancel a run',
    details: 'Stops all tasks of the run. Their journals stay.',
    arguments: { run: RUN },
    options: { reason: { value: 'text', help: 'Reason, for the journal' } },
    load: () => import('../commands/cancel.ts'),
  }),
  defineCommand({
    name: 'purge',
    group: RUNS,
    summary: 'Delete the journals, events and files of a run',
    details:
      'Cancels the run first if it is still working. A purged run cannot be shown, replayed or forked. Old runs expire by themselves: see "streams" in the configuration.',
    arguments: { run: RUN },
    load: () => import('../commands/purge.ts'),
  }),

  defineCommand({
    name: 'prompt',
    group: TASKS,
    summary: 'Show what was sent to the model',
    details: `Makes the requests again from the journal of each task, with the loop that made them. Without a step, later requests leave out the messages that the one before had. Without a task, shows the requests of all tasks.

Says so if the agent's prompt is another one now. A question that a check asked the model is not shown.`,
    arguments: {
      run: RUN,
      task: { optional: true, help: 'Name or id of a task' },
      step: { optional: true, help: 'Number of a step' },
    },
    options: {
      agent: { short: 'a', value: 'path', help: 'File of the agent, if it is not in the configuration' },
    },
    load: () => import('../commands/prompt.ts'),
  }),
  defineCommand({
    name: 'replay',
    group: TASKS,
    summary: 'Execute the code of a task again and compare the outcome',
    details:
      'Runs the code in a new sandbox with the recorded inputs. Calls no model and no tool. Exits with 1 if a step diverges from its journal.',
    arguments: { run: RUN_OR_TASK, task: TASK },
    load: () => import('../commands/replay.ts'),
  }),
  defineCommand({
    name: 'fork',
    group: TASKS,
    summary: 'Continue from a step of a task, for example with another model',
    details:
      'Starts a new run with one task, which begins with the records of the old task up to --at. The recorded replies and calls are not repeated.',
    arguments: { run: RUN_OR_TASK, task: TASK },
    options: {
      at: { value: 'step', help: 'Last step to keep (0 keeps none)' },
      model: { value: 'provider/model', help: 'Model for the new steps' },
      out: OUT,
    },
    load: () => import('../commands/fork.ts'),
  }),
  defineCommand({
    name: 'dead',
    group: TASKS,
    summary: 'List tasks that no host could finish',
    details:
      'Lists tasks that a host rejected, or that were delivered as often as allowed. "bailiwick retry <task>" delivers one again.',
    load: () => import('../commands/dead.ts'),
  }),
  defineCommand({
    name: 'retry',
    group: TASKS,
    summary: 'Deliver a dead task again',
    details:
      'The task continues from its journal. A task that has ended stays ended: use "bailiwick fork" instead.',
    arguments: { task: { help: 'Id of the task' } },
    load: () => import('../commands/retry.ts'),
  }),

  defineCommand({
    name: 'up',
    group: DAEMON,
    summary: 'Start the daemon and the team',
    details:
      'Starts nats-server (unless NATS_URL or the configuration names one), the toolbox and the agents, restarts them if they die, and resumes open runs. Ctrl-C gives working tasks a moment to finish, then ends everything.',
    options: {
      detach: { short: 'd', help: 'Return when the team is ready; "bailiwick down" ends it' },
    },
    load: () => import('../commands/up.ts'),
  }),
  defineCommand({
    name: 'down',
    group: DAEMON,
    summary: 'End the daemon and all its processes',
    details: 'Also ends processes that a killed daemon left behind.',
    load: () => import('../commands/down.ts'),
  }),
  defineCommand({
    name: 'backup',
    group: DAEMON,
    summary: 'Write everything that is stored into one file, also while runs are active',
    details:
      'The file contains journals, events, queues and files, so prompts, code and results, but no keys. "bailiwick restore" continues its open runs elsewhere.',
    arguments: { file: { help: 'The file to write, which must not exist' } },
    load: () => import('../commands/backup.ts'),
  }),
  defineCommand({
    name: 'restore',
    group: DAEMON,
    summary: 'Restore a backup into an empty store',
    details:
      'Needs a data directory or a server without a store, and no running daemon. "bailiwick up" then continues the open runs. Do not continue them here while the daemon that was backed up still works on them: effects would happen twice.',
    arguments: { file: { help: 'A file of "bailiwick backup"' } },
    load: () => import('../commands/restore.ts'),
  }),
  defineCommand({
    name: 'status',
    group: DAEMON,
    summary: 'Show the daemon, its processes and its agents',
    details: 'Exits with 5 if no daemon is running.',
    load: () => import('../commands/status.ts'),
  }),
  defineCommand({
    name: 'events',
    group: DAEMON,
    summary: 'Print events as they happen',
    details: 'Prints one line per event until Ctrl-C. With --json, each line is a CloudEvent.',
    options: {
      run: { value: 'run', help: 'Only events of this run, from its start' },
      all: { help: 'Start with the oldest stored event' },
      once: { help: 'With --run: exit when the run ends' },
    },
    load: () => import('../commands/events.ts'),
  }),
  defineCommand({
    name: 'env',
    group: DAEMON,
    summary: 'Print the address and credentials for another process',
    details: `Prints NATS_URL and NATS_CREDS (the path of a credentials file) as shell exports:

  eval "$(bailiwick env --role reader)"

Roles:
  user              manages all runs
  user:<name>       manages its own runs and files
  reader[:<name>]   follows events; with --prompts also prompts and journals
  agent:<name>      hosts this agent, with the tools of its definition
  tool-host:<name>  hosts the tools given by --tool

Credentials are not renewed automatically. They never expire unless you pass --expires.`,
    options: {
      role: { value: 'role', help: 'Role of the process (default: user)' },
      tool: {
        multiple: true,
        value: 'name',
        help: 'With role tool-host: a tool that it offers (repeatable). With role agent: one of its own tools, if the team lacks the agent',
      },
      prompts: { help: 'With role reader: also grant prompts, replies, code and results' },
      expires: { value: 'time', help: 'Lifetime of the credentials, such as 90m, 12h or 30d' },
    },
    load: () => import('../commands/env.ts'),
  }),
  defineCommand({
    name: 'nats-config',
    group: DAEMON,
    summary: 'Print the configuration for a NATS server of your own',
    details: `Prints the configuration that your nats-server needs, and writes a credentials file for each process of this team to the data directory. Then set NATS_URL, or nats.url in the configuration. "bailiwick doctor" checks the server.

With --auth jwt, the server trusts keys that stay on this machine, and "bailiwick env" can create more credentials. With --auth nkey, the configuration lists every user, and you can include it in a configuration that has other accounts.`,
    options: {
      auth: { value: 'kind', choices: ['jwt', 'nkey'], help: 'How users authenticate (default: jwt)' },
      out: { short: 'o', value: 'file', help: 'Write the configuration to this file instead of stdout' },
      'tool-host': {
        multiple: true,
        value: 'name=tool,…',
        help: 'With --auth nkey: a process of yours that hosts these tools (repeatable)',
      },
      user: {
        multiple: true,
        value: 'name',
        help: 'With --auth nkey: a user with runs and files of its own (repeatable)',
      },
    },
    load: () => import('../commands/nats-config.ts'),
  }),

  defineCommand({
    name: 'eval',
    group: OTHER,
    summary: 'Measure how often an agent or the team is right',
    details: `Gives every task of a dataset to an agent, checks the answers, and reports how many are right, with replies, tokens, dollars and time.

The dataset is a .jsonl file, a folder with tasks.jsonl, a module, or a published set (gsm8k:<path>, humaneval-x:<path>, bfcl:<path>). The agent runs in this process; with --daemon, the tasks go to the running daemon.

Results are written to the folder of --out as they arrive. Ctrl-C stops; the same command continues, and asks for no reply that was paid for again. Exits with 1 if attempts broke, with 3 at --max-cost, with 6 below --min.`,
    arguments: { dataset: { placeholder: 'dataset', help: 'The tasks and the expected answers' } },
    options: {
      agent: { short: 'a', value: 'name|path', help: 'The agent that answers (default: a plain one)' },
      level: {
        short: 'l',
        value: 'list',
        help: 'Levels to compare, such as 3,5 (default: that of the agent)',
      },
      model: { short: 'm', multiple: true, value: 'name', help: 'A model to compare (repeatable)' },
      repeats: { value: 'n', help: 'Attempts at each task (default: 1)' },
      concurrency: { value: 'n', help: 'Tasks at the same time (default: 4)' },
      tag: { multiple: true, value: 'tag', help: 'Only tasks with this tag (repeatable)' },
      limit: { value: 'n', help: 'Only the first n tasks' },
      out: { short: 'o', value: 'dir', help: 'Folder for results and reports (default: eval-<dataset>)' },
      min: { value: 'share', help: 'Fail if fewer answers are right, such as 0.9' },
      'max-errors': { value: 'share', help: 'Share of attempts that may break (default: 0)' },
      'max-cost': { value: 'dollars', help: 'Start no task when all attempts have cost so much' },
      'retry-errors': { help: 'Repeat attempts that broke' },
      daemon: { help: 'Use the team of the running daemon, or its agent of the name --agent' },
      strategy: {
        value: 'name',
        choices: ['auto', 'plan', 'direct'],
        help: 'With --daemon: how runs are split',
      },
      oracle: { help: "Answer from the dataset's solutions instead of a model" },
      noise: { help: 'With --oracle: make the mistakes of real models' },
      seed: { value: 'n', help: 'With --noise: other mistakes for another number (default: 1)' },
    },
    load: () => import('../commands/eval.ts'),
  }),
  defineCommand({
    name: 'models',
    group: OTHER,
    summary: 'List the models that this machine can reach',
    load: () => import('../commands/models.ts'),
  }),
  defineCommand({
    name: 'sandbox',
    group: OTHER,
    summary: 'Try the sandbox that runs the code of agents',
    details: 'Type JavaScript or TypeScript. Variables stay from one entry to the next. Ctrl-D exits.',
    configured: false,
    json: false,
    load: () => import('../commands/sandbox.ts'),
  }),
  defineCommand({
    name: 'completion',
    group: OTHER,
    summary: 'Print a completion script for your shell',
    details: `To complete commands, options and values, load the script when the shell starts.

  bash  add to ~/.bashrc:
        source <(bailiwick completion bash)
  zsh   add to ~/.zshrc, after compinit:
        source <(bailiwick completion zsh)
  fish  add to ~/.config/fish/config.fish:
        bailiwick completion fish | source`,
    arguments: { shell: { choices: ['bash', 'zsh', 'fish'], help: 'The shell' } },
    configured: false,
    json: false,
    async load() {
      const { completionScript } = await import('./completion-script.ts')
      return {
        async execute({ args, print }) {
          print(completionScript(args.shell, [...COMMANDS, HELP_COMMAND]))
          return EXIT.ok
        },
      }
    },
  }),
]

/** The command "help", which the parser executes itself. */
export const HELP_COMMAND: CommandDescription = {
  name: 'help',
  group: OTHER,
  summary: 'Show the help of a command',
  arguments: {
    command: { optional: true, choices: COMMANDS.map(({ name }) => name), help: 'Name of the command' },
  },
  options: {},
  configured: false,
  json: false,
}
