/** One subject in a process of its own: `node round.ts <subject> <rounds>`; prints what it measured as JSON. */
const [subject = '', rounds = '500'] = process.argv.slice(2)

const before = performance.now()
const { prepare } = await import(`./subjects/${subject}.ts`)
const round: () => Promise<unknown> = await prepare()
const importMs = performance.now() - before

for (let index = 0; index < 100; index += 1) await expectThree()
const times: number[] = []
for (let index = 0; index < Number(rounds); index += 1) {
  const start = performance.now()
  await expectThree()
  times.push(performance.now() - start)
}
times.sort((a, b) => a - b)
const at = (share: number) => times[Math.floor(times.length * share)]
console.log(
  JSON.stringify({ importMs, p50: at(0.5), p95: at(0.95), rssMb: process.memoryUsage().rss / 2 ** 20 }),
)
process.exit(0)

async function expectThree(): Promise<void> {
  const answer = await round()
  if (answer !== 3) throw new Error(`${subject}: wanted 3, got ${JSON.stringify(answer)}`)
}
