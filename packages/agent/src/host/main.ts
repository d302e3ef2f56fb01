#!/usr/bin/env node
import { parseArgs } from 'node:util'
import { connectFromEnv } from '@bailiwick/bus'
import { BailiwickError, InputError } from '@bailiwick/contract'
import { loadDefinition } from '../definition/load-definition.ts'
import type { RequiredIsolation } from '../lazy-sandbox.ts'
import { hostAgent } from './host-agent.ts'

const USAGE = `usage: bailiwick-agent <package or path> [--max-concurrent N] [--grace-ms N]
                       [--require-isolation process|confined]

Hosts an agent on the bus that NATS_URL and NATS_CREDS name. SIGTERM drains it.
Exit codes: 0 drained, 1 crashed, 2 unusable arguments, environment or definition.`

/** Errors of whoever started this, not of this program. */
const UNUSABLE = ['bad-input', 'bad-definition']

/** Hosts an agent until it is told to leave. */
async function main(args: string[]): Promise<void> {
  const { values, positionals } = readArguments(args)
  if (values.help === true) return console.log(USAGE)
  const [spec] = positionals
  if (spec === undefined || positionals.length > 1) {
    throw new InputError(`wanted one package or path, got ${positionals.length}\n\n${USAGE}`)
  }
  const maxConcurrent = wholeNumber('max-concurrent', values['max-concurrent'], 1)
  const graceMs = wholeNumber('grace-ms', values['grace-ms'], 30_000)
  const requireIsolation = isolation(values['require-isolation'])
  const { definition, folder } = await loadDefinition(spec)
  // Its tasks wait until its credentials are renewed.
  await using bus = await connectFromEnv(definition.name, process.env, {
    refusedMs: Number.POSITIVE_INFINITY,
  })
  bus.link.onRefused(({ message }) => console.error(`bailiwick-agent: ${message}. It is tried again`))
  const hosted = await hostAgent(definition, bus, {
    importsFrom: folder,
    maxConcurrent,
    graceMs,
    ...(requireIsolation && { requireIsolation }),
  })
  // The second signal finds no listener, and ends the process as it does any other.
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
        'require-isolation': { type: 'string' },
        help: { type: 'boolean', short: 'h' },
      },
    })
  } catch (cause) {
    throw new InputError(`${cause instanceof Error ? cause.message : String(cause)}\n\n${USAGE}`, { cause })
  }
}

function wholeNumber(name: string, text: string | undefined, otherwise: number): number {
  if (text === undefined) return otherwise
  const number = Number(text)
  if (Number.isInteger(number) && number > 0) return number
  throw new InputError(`--${name}: wanted a whole number above 0, got "${text}"`)
}

function isolation(text: string | undefined): RequiredIsolation | undefined {
  if (text === undefined || text === 'process' || text === 'confined') return text
  throw new InputError(`--require-isolation: wanted process or confined, got "${text}"`)
}

try {
  await main(process.argv.slice(2))
} catch (error) {
  const told = BailiwickError.isInstance(error)
  console.error(told ? `bailiwick-agent: ${error.message}` : error)
  process.exitCode = told && UNUSABLE.includes(error.code) ? 2 : 1
}
