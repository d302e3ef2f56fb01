import { existsSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import type { CommandContext } from '../command/define-command.ts'
import { EXIT } from '../command/exit-codes.ts'
import { UsageError } from '../command/usage-error.ts'

const TEMPLATE = `import { defineConfig } from 'bailiwick'

export default defineConfig({
  // The model of every agent that names none, as 'provider/model'. Default: BAILIWICK_MODEL,
  // OPENAI_API_KEY, or a running Ollama.
  // model: 'ollama/qwen3:8b',

  // The specialists: package names, paths, or objects that set limits for an agent.
  team: [
    '@bailiwick/agent-analyst',
    '@bailiwick/agent-writer',
    // { agent: './agents/legal.ts', level: 3, replicas: 2, tools: ['listFiles', 'readFile'] },
  ],

  // Limits for one run.
  // budget: { tokens: 200_000, wallMs: 600_000 },
})
`

export async function execute({
  args,
  cwd,
  print,
  json,
}: CommandContext<{ dir: string | undefined }>): Promise<number> {
  const folder = resolve(cwd, args.dir ?? '.')
  const { CONFIG_NAMES } = await import('@bailiwick/coordinator/config/find-config')
  const existing = CONFIG_NAMES.map((name) => join(folder, name)).find((file) => existsSync(file))
  if (existing !== undefined) {
    throw new UsageError(
      `Expected no configuration in ${folder}, found ${existing}. Edit it, or remove it first.`,
    )
  }
  await mkdir(folder, { recursive: true })
  const file = join(folder, CONFIG_NAMES[0])
  await writeFile(file, TEMPLATE, { flag: 'wx' })
  print(
    json
      ? JSON.stringify({ file })
      : `Wrote ${file}\nNext, run "bailiwick doctor", then "bailiwick run <task>".`,
  )
  return EXIT.ok
}
