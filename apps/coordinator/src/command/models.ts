import type { Command } from './frame/command.ts'
import { EXIT } from './frame/exit-codes.ts'

export const command: Command = {
  words: '',
  count: [0, 0],
  summary: 'list models that can be reached',
  options: {},
  async run(context) {
    const { readConfig } = await import('./daemon/use-daemon.ts')
    const config = await readConfig(context)
    const { listModels, noModelMessage } = await import('@bailiwick/models')
    const models = await listModels({ env: context.env, aliases: config.models, signal: context.signal })
    if (context.json) context.print(JSON.stringify({ models }))
    else if (models.length === 0) context.print(noModelMessage())
    else for (const model of models) context.print(Object.values(model).map(String).join('  '))
    return models.length === 0 ? EXIT.error : EXIT.ok
  },
}
