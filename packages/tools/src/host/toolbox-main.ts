#!/usr/bin/env node
/** The process that hosts the tools that ship. It holds no key, so code that escapes from a child finds none. */
import { statfsSync } from 'node:fs'
import { connectFromEnv, serveFiles } from '@bailiwick/bus'
import { BailiwickError, BRAND, errorText, formatBytes, visibleText } from '@bailiwick/contract'
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
  const { BAILIWICK_STORE: store } = process.env
  await using _files = await serveFiles(bus, {
    warn: (message) => process.stderr.write(`${NAME}: ${visibleText(message)}\n`),
    ...(store !== undefined && { requireSpace: () => requireSpace(store) }),
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

/** With less free space than this, nats-server soon stores nothing. Bytes. */
const MIN_FREE_BYTES = 1_000_000

/** @throws BailiwickError `disk-full` */
function requireSpace(store: string): void {
  const { bavail, bsize } = statfsSync(store)
  const free = bavail * bsize
  if (free >= MIN_FREE_BYTES) return
  throw new BailiwickError(
    'disk-full',
    `Expected ${formatBytes(MIN_FREE_BYTES)} free on the disk of ${store}, found ${formatBytes(free)}. Free some space ("bailiwick purge <run>" deletes a run) and upload the file again.`,
  )
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
