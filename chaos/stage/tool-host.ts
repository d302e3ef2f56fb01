/**
 * Two tools that count what they do in a file of their own, one JSON line an effect: `mark` is idempotent
 * by key, `markOnce` does what it is told. `node tool-host.ts <effects file>`, killed at any time.
 */
import { appendFileSync, existsSync, readFileSync } from 'node:fs'
import { connect, offerTool } from '@bailiwick/client'
import { z } from 'zod'

const [file = ''] = process.argv.slice(2)
const client = await connect()

for (const [name, effect] of [
  ['mark', 'idempotent'],
  ['markOnce', 'once'],
] as const) {
  await offerTool(client, {
    name,
    description: `Makes a mark (${effect}).`,
    input: z.object({}),
    effect,
    run: (_, { key, run, task }) => {
      if (effect === 'once' || !known(key)) append({ name, key, run, task })
      return 'marked'
    },
  })
}
process.send?.('ready')

/** The file is the memory: what was killed between the effect and its answer knows it from there. */
function known(key: string): boolean {
  return existsSync(file) && readFileSync(file, 'utf8').includes(`"name":"mark","key":"${key}"`)
}

function append(effect: Record<string, string>): void {
  appendFileSync(file, `${JSON.stringify(effect)}\n`)
}
