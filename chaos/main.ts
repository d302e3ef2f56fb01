/**
 * Kills, terminates, stops and restarts every kind of process while runs are open, and checks from outside that nothing
 * was lost or done twice.
 *
 *   node chaos/main.ts [--runs 20] [--seed 1] [--minutes N] [--batch 5] [--coordinators 1] [--servers 0]
 */
import { parseArgs } from 'node:util'
import { type Act, countActs, describeAct } from './acts/act.ts'
import { chaosRound, type RoundReport } from './chaos-round.ts'
import { describeSilence, type Silence } from './judge/silences.ts'

const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '20' },
    seed: { type: 'string', default: '1' },
    batch: { type: 'string', default: '5' },
    minutes: { type: 'string' },
    coordinators: { type: 'string', default: '1' },
    servers: { type: 'string', default: '0' },
  },
})
const batch = Number(values.batch)
const shape = { coordinators: Number(values.coordinators), servers: Number(values.servers) }
if (shape.coordinators > 1 && shape.servers === 0) {
  console.error('Several coordinators need servers that they share: add --servers 3.')
  process.exit(2)
}
const until = values.minutes === undefined ? undefined : Date.now() + Number(values.minutes) * 60_000
let seed = Number(values.seed)
let done = 0
let violations = 0
const acts: Act[] = []
let longest: Silence | undefined

let interrupted = false
process.once('SIGINT', () => {
  interrupted = true
  console.log('Ending after this round.')
})

while (!interrupted && (until === undefined ? done < Number(values.runs) : Date.now() < until)) {
  const round = await chaosRound({ seed, runs: batch, sabotageMs: 10_000, shape })
  done += round.runs
  acts.push(...round.acts)
  violations += round.problems.length
  if ((round.silence?.unexplainedMs ?? 0) > (longest?.unexplainedMs ?? 0)) longest = round.silence
  print(round)
  seed += 1
}
console.log(`${done} runs of 5 tasks, ${acts.length} acts, ${violations} violations`)
console.log(`acts: ${countActs(acts)}`)
if (longest !== undefined) console.log(`longest silence: ${describeSilence(longest)}`)
// Exit explicitly: the pipe of a killed process may still be open and would keep this process alive.
process.exit(violations === 0 ? 0 : 1)

function print({ seed, runs, began, acts, seconds, problems, notes, silence }: RoundReport): void {
  console.log(`seed ${seed}: ${runs} runs, ${acts.length} acts, ${seconds} s, ${problems.length} violations`)
  if (silence !== undefined) console.log(`  longest silence: ${describeSilence(silence)}`)
  for (const note of notes) console.log(`  ${note}`)
  if (problems.length === 0) return
  for (const problem of problems) console.log(`  VIOLATION ${problem}`)
  for (const act of acts) console.log(`    ${((act.from - began) / 1_000).toFixed(1)} s: ${describeAct(act)}`)
}
