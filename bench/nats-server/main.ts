/**
 * `pnpm bench nats-server`: mints a user's credentials with the key pairs of `@nats-io/nkeys` and with this
 * package's own, which sign with the runtime's Ed25519. Takes turns, and counts only the main thread's
 * processor time, so that other work on the machine hardly matters.
 */
import { createKey } from '../../packages/nats-server/dist/identity/key-pair.js'
import { encodeUser, fmtCreds } from '../../packages/nats-server/node_modules/@nats-io/jwt/lib/mod.js'
import { createUser, fromSeed } from '../../packages/nats-server/node_modules/@nats-io/nkeys/lib/mod.js'

const ROUNDS = 100
const CLAIMS = { pub: { allow: ['jobs.done.>'] }, sub: { allow: ['jobs.todo.>', '_INBOX.>'] } }

const ownAccount = createKey('account')
const libraryAccount = fromSeed(ownAccount.getSeed())

const own: number[] = []
const library: number[] = []
for (let round = -10; round < ROUNDS; round++) {
  const [ownMs, libraryMs] = [
    await timed(() => mint(createKey('user'), ownAccount)),
    await timed(() => mint(createUser(), libraryAccount)),
  ]
  // The first rounds only warm up.
  if (round < 0) continue
  own.push(ownMs)
  library.push(libraryMs)
}
const [left, right] = [median(library), median(own)]
console.log(`Node ${process.versions.node}, ${ROUNDS} credentials on each side\n`)
console.log('| measure | @nats-io/nkeys | ours | ratio |\n|---|---|---|---|')
console.log(
  `| minting one credential, processor time | ${left.toFixed(2)} ms | ${right.toFixed(2)} ms | ${(left / right).toFixed(1)} |`,
)

async function mint(user: ReturnType<typeof createUser>, account: typeof user): Promise<void> {
  fmtCreds(await encodeUser('worker', user, account, CLAIMS, { exp: 2e9 }), user)
}

async function timed(act: () => Promise<void>): Promise<number> {
  const start = process.threadCpuUsage()
  await act()
  const { user, system } = process.threadCpuUsage(start)
  return (user + system) / 1000
}

function median(values: number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN
}
