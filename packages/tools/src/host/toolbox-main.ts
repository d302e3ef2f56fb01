#!/usr/bin/env node
/** The process that hosts the shipped tools. It holds no key: whatever its children let out finds none. */
import { connectFromEnv } from '@bailiwick/bus'
import { BailiwickError, BRAND } from '@bailiwick/contract'
import { toolbox } from '../toolbox/toolbox.ts'
import { hostTools } from './host-tools.ts'

/** Milliseconds that calls under way are given to finish. */
const DRAIN_MS = 5_000

const NAME = `${BRAND.command}-toolbox`

async function main(): Promise<void> {
  const leaving = new AbortController()
  const asked = Promise.withResolvers<void>()
  for (const name of ['SIGTERM', 'SIGINT'] as const) process.on(name, () => asked.resolve())

  // The daemon renews its credentials, however late.
  await using bus = await connectFromEnv('toolbox', process.env, { refusedMs: Number.POSITIVE_INFINITY })
  bus.link.onRefused(({ message }) => process.stderr.write(`${NAME}: ${message}. It is tried again\n`))
  const lost = new Promise<never>((_, reject) => {
    bus.closed.addEventListener('abort', () => reject(bus.closed.reason))
  })
  const hosted = await hostTools(bus, toolbox(bus), {
    host: 'toolbox',
    keepCards: true,
    signal: leaving.signal,
  })
  process.stdout.write(`${NAME}: ready\n`)
  await Promise.race([asked.promise, lost])
  const reason = new DOMException('the toolbox is going down', 'AbortError')
  setTimeout(() => leaving.abort(reason), DRAIN_MS).unref()
  await hosted[Symbol.asyncDispose]()
}

try {
  await main()
} catch (error) {
  const known = BailiwickError.isInstance(error)
  process.stderr.write(
    `${NAME}: ${known ? error.message : error instanceof Error ? error.stack : String(error)}\n`,
  )
  process.exitCode = known && error.code === 'bad-input' ? 2 : 1
}
