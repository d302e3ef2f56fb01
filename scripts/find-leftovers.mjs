// Fails if a process that the tests started is still running: `node scripts/find-leftovers.mjs <folder>`, the folder
// that was the tests' TMPDIR. Processes are known by that folder in their environment or their command line, or by this
// checkout in their command line (a sandbox child has no environment). Linux only: elsewhere it finds nothing.
// Plain JavaScript: it must run on whatever Node the machine has.
import { readdirSync, readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'

const [scratch] = process.argv.slice(2)
const checkout = process.cwd()
/** How long processes that were told to end may take. */
const GRACE_MS = 10_000

function read(pid, file) {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8')
  } catch {
    return '' // It ended meanwhile.
  }
}

/** This process and all above it: the shell and the package manager that run the check. */
function ancestors() {
  const found = new Set()
  for (let pid = process.pid; pid > 0; pid = Number(/^PPid:\s*(\d+)/m.exec(read(pid, 'status'))?.[1] ?? 0)) {
    found.add(String(pid))
  }
  return found
}

function leftovers() {
  const own = ancestors()
  const pids = readdirSync('/proc').filter((entry) => /^\d+$/.test(entry) && !own.has(entry))
  return pids.flatMap((pid) => {
    const command = read(pid, 'cmdline').replaceAll('\0', ' ').trim()
    const ours =
      command.includes(checkout) || command.includes(scratch) || read(pid, 'environ').includes(scratch)
    return ours && command !== '' ? [`${pid} ${command.slice(0, 200)}`] : []
  })
}

if (process.platform === 'linux') {
  let left = leftovers()
  for (const end = Date.now() + GRACE_MS; left.length > 0 && Date.now() < end; left = leftovers())
    await sleep(200)
  if (left.length > 0) {
    console.error(`${left.length} processes that the tests started are still running:\n${left.join('\n')}`)
    process.exitCode = 1
  } else console.log('no process of the tests is left')
}
