#!/usr/bin/env node
import { parseArgs } from 'node:util'
import { connectFromEnv } from '@bailiwick/bus'
import { BailiwickError, InputError } from '@bailiwick/core/contract'
import { loadDefinition } from '../definition/load-definition.ts'
import { hostAgent } from './host-agent.ts'

const USAGE = `usage: bailiwick-agent <package or path> [--max-concurrent N] [--grace-ms N]

Hosts an agent on the bus that NATS_URL and NATS_CREDS name. SIGTERM drains it.
Exit codes: 0 drained, 1 crashed, 2 unusable arguments, environment or definition.`

/** Hosts an agent until it is told to leave. */
async function main(args: string[]): Promise<number> {
  const { values, positionals } = readArguments(args)
  const [spec] = positionals
  if (values.help === true) {
    console.log(USAGE)
    return 0
  }
  if (spec === undefined || positionals.length > 1)
    throw new InputError(`wanted one package or path\n\n${USAGE}`)
  const { definition, folder } = await loadDefinition(spec)
  await using bus = await connectFromEnv(definition.name)
  const hosted = await hostAgent(definition, bus, {
    importsFrom: folder,
    maxConcurrent: wholeNumber('max-concurrent', values['max-concurrent'], 1),
    graceMs: wholeNumber('grace-ms', values['grace-ms'], 30_000),
  })
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => void hosted.drain())
  console.log(`${definition.name} is hosted as ${hosted.host}`)
  await hosted.left
  return 0
}

function readArguments(args: string[]) {
  try {
    return parseArgs({
      args,
      allowPositionals: true,
      options: {
        'max-concurrent': { type: 'string' },
        'grace-ms': { type: 'string' },
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

try {
  process.exitCode = await main(process.argv.slice(2))
} catch (error) {
  const usable = BailiwickError.isInstance(error)
  console.error(usable ? `bailiwick-agent: ${error.message}` : error)
  process.exitCode = usable && ['bad-input', 'bad-definition'].includes(error.code) ? 2 : 1
}
