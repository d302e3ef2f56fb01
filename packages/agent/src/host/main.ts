#!/usr/bin/env node
import { parseArgs } from 'node:util'
import { connectFromEnv } from '@bailiwick/bus'
import { BailiwickError, errorText, InputError, visibleText } from '@bailiwick/contract'
import { loadDefinition } from '../definition/load-definition.ts'
import type { RequiredIsolation } from '../lazy-sandbox.ts'
import { hostAgent } from './host-agent.ts'

const USAGE = `usage: bailiwick-agent <package or path> [--max-concurrent N] [--grace-ms N]
                       [--suspend-after-ms N] [--idle-ms N] [--require-isolation process|confined]

Hosts an agent on the bus at NATS_URL, with the credentials file NATS_CREDS. SIGTERM drains it, and
with --idle-ms also N milliseconds without a task and a call of its tools.
Exit codes: 0 drained, 1 crashed, 2 invalid arguments, environment or definition.`

/** Codes of errors that the user can fix. */
const USER_ERRORS = ['bad-input', 'bad-definition']

/** Hosts an agent until a signal drains it. */
async function main(args: string[]): Promise<void> {
  const { values, positionals } = readArguments(args)
  if (values.help === true) return console.log(USAGE)
  const [spec] = positionals
  if (spec === undefined || positionals.length > 1) {
    throw new InputError(`expected one package or path, found ${positionals.length}\n\n${USAGE}`)
  }
  const maxConcurrent = wholeNumber('max-concurrent', values['max-concurrent'], 1)
  const graceMs = wholeNumber('grace-ms', values['grace-ms'], 30_000)
  const suspendAfterMs = wholeNumber('suspend-after-ms', values['suspend-after-ms'], 2_000)
  const idle = values['idle-ms']
  const requireIsolation = isolation(values['require-isolation'])
  const { definition, folder } = await loadDefinition(spec)
  // If the credentials expire, tasks wait until they are renewed.
  await using bus = await connectFromEnv(definition.name, process.env, {
    refusedMs: Number.POSITIVE_INFINITY,
  })
  bus.waits.onWait((what) => console.error(`bailiwick-agent: ${what}`))
  bus.link.onRefused(({ message }) => console.error(`bailiwick-agent: ${visibleText(message)}; trying again`))
  const hosted = await hostAgent(definition, bus, {
    importsFrom: folder,
    maxConcurrent,
    graceMs,
    suspendAfterMs,
    ...(idle !== undefined && { idleMs: wholeNumber('idle-ms', idle, 1) }),
    ...(requireIsolation && { requireIsolation }),
  })
  // A second signal finds no listener and ends the process.
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => void hosted.drain())
  console.log(`${definition.name} is hosted as ${hosted.host}`)
  await hosted.left
}

function readArguments(args: string[]) {
  try {
    return parseArgs({
      args,
      allowPositionals: true,
      options: {
        'max-concurrent': { type: 'string' },
        'grace-ms': { type: 'string' },
        'suspend-after-ms': { type: 'string' },
        'idle-ms': { type: 'string' },
        'require-isolation': { type: 'string' },
        help: { type: 'boolean', short: 'h' },
      },
    })
  } catch (cause) {
    throw new InputError(`${errorText(cause)}\n\n${USAGE}`, { cause })
  }
}

function wholeNumber(name: string, text: string | undefined, otherwise: number): number {
  if (text === undefined) return otherwise
  const number = Number(text)
  if (Number.isInteger(number) && number > 0) return number
  throw new InputError(`--${name}: expected a whole number above 0, found "${text}"`)
}

function isolation(text: string | undefined): RequiredIsolation | undefined {
  if (text === undefined || text === 'process' || text === 'confined') return text
  throw new InputError(`--require-isolation: expected process or confined, found "${text}"`)
}

try {
  await main(process.argv.slice(2))
} catch (error) {
  const known = BailiwickError.isInstance(error)
  // The stack of an unexpected error shows where the fault is.
  const text = known || !(error instanceof Error) ? `bailiwick-agent: ${errorText(error)}` : error.stack
  console.error(visibleText(text ?? ''))
  process.exitCode = known && USER_ERRORS.includes(error.code) ? 2 : 1
}
