import { ensureNatsServer } from '../binary/ensure-nats-server.ts'
import type { NatsServerBinary } from '../binary/inspect-binary.ts'

const QUIET_MS = 2_000

let found: Promise<NatsServerBinary> | undefined

/**
 * The nats-server that tests use. The first call finds it or fetches it into the user's cache; test workers
 * that need it at the same time wait for one fetch. Prints what it waits for after 2 s, otherwise nothing.
 */
export function testBinary(): Promise<NatsServerBinary> {
  found ??= find().catch((error: unknown) => {
    // The next test tries again: the network may be back.
    found = undefined
    throw error
  })
  return found
}

async function find(): Promise<NatsServerBinary> {
  let isSlow = false
  let last = 'looking for nats-server'
  const print = () => console.error(`Tests are waiting for nats-server: ${last}`)
  const timer = setTimeout(() => {
    isSlow = true
    print()
  }, QUIET_MS)
  try {
    return await ensureNatsServer({
      onProgress(line) {
        last = line
        if (isSlow) print()
      },
    })
  } finally {
    clearTimeout(timer)
  }
}
