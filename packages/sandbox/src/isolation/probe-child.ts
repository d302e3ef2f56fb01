/**
 * Runs in place of a sandbox's child and tries what a child must not be able to do. Reports on descriptor 4 what
 * worked.
 */
import { spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync, writeSync } from 'node:fs'
import { connect } from 'node:net'
import { Worker } from 'node:worker_threads'

const OUT = 4
const [outside = '', port = ''] = process.argv.slice(2)
const allowedNames = new Set(['TZ', 'LC_ALL', 'PWD'])

function can(action: () => unknown): boolean {
  try {
    action()
    return true
  } catch {
    return false
  }
}

function canConnect(): Promise<boolean> {
  return new Promise((resolve) => {
    try {
      const socket = connect({ host: '127.0.0.1', port: Number(port) })
      socket.once('connect', () => resolve(true))
      socket.once('error', () => resolve(false))
    } catch {
      resolve(false)
    }
  })
}

async function probe(): Promise<void> {
  const found = {
    readsFiles: can(() => readFileSync(outside)),
    writesFiles: can(() => writeFileSync(`${outside}.written`, '')),
    startsProcesses: can(() => {
      const { error } = spawnSync(process.execPath, ['--version'])
      if (error !== undefined) throw error
    }),
    startsWorkers: can(() => new Worker('', { eval: true })),
    seesEnvironment: Object.keys(process.env).some((name) => !allowedNames.has(name)),
    connects: await canConnect(),
  }
  writeSync(OUT, JSON.stringify(found))
  process.exit(0)
}

void probe()
