import type { Command } from '../frame/command.ts'

export const command: Command = {
  words: '',
  count: [0, 0],
  configured: false,
  details: `A question about 1,461 days of weather in Seattle, answered by an analyst that writes code and a writer.
Daemon, nats-server, toolbox and agents are processes of their own, and all end with the command.
With a model (an OpenAI key, Ollama, BAILIWICK_MODEL) it is asked; without, replies are pre-written.`,
  options: {
    out: {
      type: 'string',
      short: 'o',
      value: 'dir',
      help: 'folder for report, chart and run.json; default: out',
    },
    sabotage: {
      type: 'boolean',
      help: 'kill a host, its sandbox, nats-server and the daemon while it runs',
    },
    data: { type: 'string', value: 'file', help: 'another CSV of the same columns' },
  },
  async run(context) {
    const { runDemo } = await import('../demo/run-demo.ts')
    return runDemo(context)
  },
}
