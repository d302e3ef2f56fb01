/**
 * Hosts two tools that append one JSON line for each effect to a file: `mark` is idempotent by key, `markOnce` has an
 * effect at each call. `node tool-host.ts <effects file>`; may be killed at any time.
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

/** Looks up the file, so that a tool host that was killed before its reply does not repeat the effect. */
function known(key: string): boolean {
  return existsSync(file) && readFileSync(file, 'utf8').includes(`"name":"mark","key":"${key}"`)
}

function append(effect: Record<string, string>): void {
  appendFileSync(file, `${JSON.stringify(effect)}\n`)
}
