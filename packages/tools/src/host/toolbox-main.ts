#!/usr/bin/env node
/** The process that hosts the tools that ship. It holds no key, so code that escapes from a child finds none. */
import { connectFromEnv, serveFiles } from '@bailiwick/bus'
import { BailiwickError, BRAND, errorText, visibleText } from '@bailiwick/contract'
import { toolbox } from '../toolbox/toolbox.ts'
import { hostTools } from './host-tools.ts'

/** Milliseconds that open calls have to finish. */
const DRAIN_MS = 5_000

const NAME = `${BRAND.command}-toolbox`

async function main(): Promise<void> {
  const stopping = new AbortController()
  const signaled = Promise.withResolvers<void>()
  for (const name of ['SIGTERM', 'SIGINT'] as const) process.on(name, () => signaled.resolve())

  // Waits without limit, because the daemon renews the credentials.
  await using bus = await connectFromEnv('toolbox', process.env, {
    refusedMs: Number.POSITIVE_INFINITY,
    storesFiles: true,
  })
  bus.link.onRefused(({ message }) => process.stderr.write(`${NAME}: ${visibleText(message)}. Retrying\n`))
  const lost = new Promise<never>((_, reject) => {
    bus.closed.addEventListener('abort', () => reject(bus.closed.reason))
  })
  await using _files = await serveFiles(bus, {
    warn: (message) => process.stderr.write(`${NAME}: ${visibleText(message)}\n`),
  })
  const hosted = await hostTools(bus, toolbox(bus), {
    host: 'toolbox',
    keepCards: true,
    signal: stopping.signal,
  })
  process.stdout.write(`${NAME}: ready\n`)
  await Promise.race([signaled.promise, lost])
  const reason = new DOMException('the toolbox is shutting down', 'AbortError')
  setTimeout(() => stopping.abort(reason), DRAIN_MS).unref()
  await hosted[Symbol.asyncDispose]()
}

try {
  await main()
} catch (error) {
  const known = BailiwickError.isInstance(error)
  // The stack of an unexpected error shows where the fault is.
  const text = known || !(error instanceof Error) ? errorText(error) : error.stack
  process.stderr.write(`${NAME}: ${visibleText(text ?? '')}\n`)
  process.exitCode = known && error.code === 'bad-input' ? 2 : 1
}
