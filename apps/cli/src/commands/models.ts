import type { ListedModel } from '@bailiwick/models'
import type { CommandContext } from '../command/define-command.ts'
import { EXIT } from '../command/exit-codes.ts'
import { count } from '../show/format.ts'

export async function execute(context: CommandContext): Promise<number> {
  const { readConfig } = await import('../daemon/use-daemon.ts')
  const config = await readConfig(context)
  const { listModels, noModelMessage } = await import('@bailiwick/models')
  const models = await listModels({ env: context.env, aliases: config.models, signal: context.signal })
  if (context.json) context.print(JSON.stringify({ models }))
  else if (models.length === 0) context.print(noModelMessage())
  else for (const line of modelLines(models)) context.print(line)
  return models.length === 0 ? EXIT.error : EXIT.ok
}

/** Formats one line per model: its name, then its context and capabilities, or the model that an alias stands for. */
function modelLines(models: readonly ListedModel[]): string[] {
  const width = Math.max(...models.map(({ name }) => name.length))
  return models.map(({ name, aliasOf, contextTokens, capabilities }) => {
    if (aliasOf !== undefined) return `${name.padEnd(width)}  = ${aliasOf}`
    const context = contextTokens === undefined ? 'context unknown' : `${count(contextTokens)} tokens`
    const can = capabilities === undefined ? 'capabilities unknown' : capabilities.join(', ') || 'text only'
    return `${name.padEnd(width)}  ${context.padEnd('context unknown'.length)}  ${can}`
  })
}
