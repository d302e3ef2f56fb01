/** A child that tries to escape and reports the outcome of each attempt. */
import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { Worker } from 'node:worker_threads'
import { serveChild } from '../../src/child/serve-child.ts'

const attempts = {
  read: () => readFileSync('/etc/hostname'),
  readBeside: () => readFileSync(new URL('../../README.md', import.meta.url)),
  write: () => writeFileSync('/tmp/bailiwick-probe', 'x'),
  spawn: () => execFileSync('/bin/true'),
  worker: () => new Worker('', { eval: true }),
  // biome-ignore lint/security/noGlobalEval: the test expects that it is refused
  eval: () => globalThis.eval('1'),
  addon: () => process.dlopen({ exports: {} }, '/tmp/none.node'),
  network: async (request) => {
    await once(connect(request.port, '127.0.0.1'), 'connect')
  },
}

await serveChild(async (request) => {
  if (request.do === 'spin') for (;;);
  if (request.do === 'fill') for (const kept = []; ; ) kept.push(Array.from({ length: 1e5 }, String))
  if (request.do === 'exit') process.exit(3)
  if (request.do === 'echo') return request.value
  const results = { env: Object.keys(process.env) }
  for (const [name, attempt] of Object.entries(attempts)) {
    try {
      await attempt(request)
      results[name] = 'done'
    } catch (error) {
      results[name] = error.code ?? error.name
    }
  }
  return results
})
