/**
 * `pnpm bench load`: how the daemon grows with the number of runs. A real team, a scripted model that replies at once,
 * and beside each row what the bare client takes for ten durable messages in a row at the same concurrency, because the
 * speed of the machine changes.
 *
 *     pnpm bench load                       the growth table (about five minutes)
 *     pnpm bench load stored [10000]        the same with so many ended runs in the store
 *     pnpm bench load open [20000]          open runs: half of them queued, half waiting for a person
 *     pnpm bench load ended [100000]        memory per ended run, and the next start
 *     pnpm bench load team [30]             start and memory of a large team
 */
import { growthTable } from './growth.ts'
import { endedRuns, largeTeam, openRuns } from './store.ts'

const [part = 'growth', text] = process.argv.slice(2)
const count = text === undefined ? undefined : Number(text)
console.log(`Node ${process.versions.node}\n`)
if (part === 'growth') await growthTable(0)
else if (part === 'stored') await growthTable(count ?? 10_000)
else if (part === 'open') await openRuns(count ?? 20_000)
else if (part === 'ended') await endedRuns(count ?? 100_000)
else if (part === 'team') await largeTeam(count ?? 30)
else throw new Error(`Expected growth, stored, open, ended or team, found "${part}".`)
