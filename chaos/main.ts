/**
 * Kills, stops and starts again every kind of process while runs are at work, and checks from outside that
 * nothing was lost or done twice.
 *
 *   node chaos/main.ts [--runs 20] [--seed 1] [--minutes N] [--batch 5]
 */
import { parseArgs } from 'node:util'
import { chaosRound } from './chaos-round.ts'

const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '20' },
    seed: { type: 'string', default: '1' },
    batch: { type: 'string', default: '5' },
    minutes: { type: 'string' },
  },
})
const batch = Number(values.batch)
const until = values.minutes === undefined ? undefined : Date.now() + Number(values.minutes) * 60_000
let seed = Number(values.seed)
let done = 0
let acts = 0
let violations = 0

let interrupted = false
process.once('SIGINT', () => {
  interrupted = true
  console.log('ending after this round, which cleans up behind itself')
})

while (!interrupted && (until === undefined ? done < Number(values.runs) : Date.now() < until)) {
  const round = await chaosRound({ seed, runs: batch, sabotageMs: 10_000 })
  done += round.runs
  acts += round.acts.length
  violations += round.problems.length
  console.log(
    `seed ${seed}: ${round.runs} runs, ${round.acts.length} acts, ${round.seconds} s, ${round.problems.length} violations`,
  )
  console.log(`  longest silence: ${round.silence}`)
  for (const attempt of round.retried) console.log(`  tried again: ${attempt}`)
  if (round.problems.length > 0) {
    for (const problem of round.problems) console.log(`  ${problem}`)
    for (const act of round.acts) console.log(`    ${act}`)
  }
  seed += 1
}
console.log(`${done} runs of 5 tasks, ${acts} acts, ${violations} violations`)
process.exitCode = violations === 0 ? 0 : 1
