import { existsSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import type { Command } from '../frame/command.ts'
import { EXIT } from '../frame/exit-codes.ts'
import { UsageError } from '../frame/usage-error.ts'

const TEMPLATE = `import { defineConfig } from 'bailiwick'

export default defineConfig({
  // The model of every agent that names none: 'provider/model'. Without it: BAILIWICK_MODEL,
  // OPENAI_API_KEY, or a running Ollama.
  // model: 'ollama/qwen3:8b',

  // The specialists: packages, files, or members with a ceiling of your own.
  team: [
    '@bailiwick/agent-analyst',
    '@bailiwick/agent-writer',
    // { agent: './agents/legal.ts', level: 3, replicas: 2, tools: ['listFiles', 'readFile'] },
  ],

  // What one run may spend at most.
  // budget: { tokens: 200_000, wallMs: 600_000 },
})
`

export const command: Command = {
  words: '[<dir>]',
  count: [0, 1],
  configured: false,
  details:
    'Writes bailiwick.config.ts, with what may be set as comments. Nothing that exists is overwritten.',
  options: {},
  async run({ words, cwd, print, json }) {
    const folder = resolve(cwd, words[0] ?? '.')
    const { CONFIG_NAMES } = await import('@bailiwick/coordinator/config/find-config')
    const existing = CONFIG_NAMES.map((name) => join(folder, name)).find((file) => existsSync(file))
    if (existing !== undefined)
      throw new UsageError(`${existing} exists already; edit it, or remove it first`)
    await mkdir(folder, { recursive: true })
    const file = join(folder, CONFIG_NAMES[0])
    await writeFile(file, TEMPLATE, { flag: 'wx' })
    print(
      json ? JSON.stringify({ file }) : `wrote ${file}\nnext: bailiwick doctor, then bailiwick run "<task>"`,
    )
    return EXIT.ok
  },
}
