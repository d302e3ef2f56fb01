/**
 * Measures the cost of importing each package that is known to work in the sandbox, once its bundle exists.
 *
 *   node bench/sandbox/modules.ts
 */
import { resident, sandboxChildren } from './measures.ts'
import { openSession, sandboxPackage } from './open-session.ts'
import { median } from './stopwatch.ts'

/** For each package, code that works only if the package works fully. */
const USES: Record<string, string> = {
  arquero:
    'import { table, op } from "arquero"; const t = table({ g: ["a", "b", "a"], v: [1, 2, 3] }).groupby("g").rollup({ s: (d) => op.sum(d.v) }); t.objects().map((r) => r.s).join()',
  'simple-statistics':
    'import { mean, linearRegression } from "simple-statistics"; [mean([1, 2, 3]), linearRegression([[0, 0], [1, 2]]).m].join()',
  'd3-array':
    'import { rollup, sum } from "d3-array"; [...rollup([["a", 1], ["b", 2], ["a", 3]], (v) => sum(v, (d) => d[1]), (d) => d[0]).values()].join()',
  'date-fns': 'import { addMonths, format } from "date-fns"; format(addMonths(new Date(0), 1), "yyyy-MM-dd")',
  'lodash-es':
    'import { groupBy, sumBy } from "lodash-es"; [Object.keys(groupBy([1, 2, 3], (n) => n % 2)).length, sumBy([{ n: 1 }, { n: 2 }], "n")].join()',
  mathjs:
    'import { evaluate, matrix, det } from "mathjs"; [evaluate("sqrt(16) + 2"), det(matrix([[1, 2], [3, 4]]))].join()',
  zod: 'import { z } from "zod"; z.object({ a: z.number() }).safeParse({ a: "x" }).success',
}
const EXPECTED: Record<string, string> = {
  arquero: '4,2',
  'simple-statistics': '2,2',
  'd3-array': '4,2',
  'date-fns': '1970-02-01',
  'lodash-es': '2,3',
  mathjs: '6,-2',
  zod: 'false',
}
const ROUNDS = 5

await using sandbox = await sandboxPackage.createSandbox({ limits: { wallMs: 60_000 } })
console.log('| package | first import in a session | memory of the process |\n|---|---|---|')
for (const [name, code] of Object.entries(USES)) {
  const took: number[] = []
  const grown: number[] = []
  for (let round = 0; round <= ROUNDS; round += 1) {
    await new Promise((resolve) => setTimeout(resolve, 300))
    const before = new Set(sandboxChildren())
    const { session, run } = await openSession(sandbox, { imports: [name], importsFrom: import.meta.dirname })
    await run('1')
    const [own = 0] = [...before].filter((pid) => sandboxChildren().includes(pid))
    const memory = resident(own)
    const began = performance.now()
    const seen = await run(code)
    // The first round makes the bundle.
    if (round > 0) {
      took.push(performance.now() - began)
      grown.push(resident(own) - memory)
    }
    if (seen.preview !== EXPECTED[name]) {
      console.error(`${name}: ${seen.preview || seen.error?.message}`)
      process.exitCode = 1
    }
    await session[Symbol.asyncDispose]()
  }
  console.log(`| ${name} | ${median(took).toFixed(0)} ms | +${median(grown).toFixed(1)} MiB |`)
}
