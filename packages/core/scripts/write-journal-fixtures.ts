/**
 * Writes the journals in `src/journal/fixtures`, and what every version must make of them. Journals that exist are
 * kept, because they prove that later versions read the format of earlier ones. Run it after adding a scenario:
 *
 *     node --conditions=@bailiwick/source packages/core/scripts/write-journal-fixtures.ts
 */
import { existsSync, writeFileSync } from 'node:fs'
import { createSandbox } from '@bailiwick/sandbox'
import {
  EXPECTED_FILE,
  type Expected,
  fixtureFile,
  foldSummary,
  readFixture,
} from '../test/journal-fixtures/read-fixture.ts'
import { replayFixture, runScenario } from '../test/journal-fixtures/run-scenario.ts'
import { SCENARIOS } from '../test/journal-fixtures/scenarios.ts'

await using sandbox = await createSandbox()
const lines: string[] = []
for (const scenario of SCENARIOS) {
  const { name } = scenario
  if (!existsSync(fixtureFile(name))) {
    const records = await runScenario(scenario)
    writeFileSync(fixtureFile(name), records.map((record) => `${JSON.stringify(record)}\n`).join(''))
    console.log(name, records.map(({ type }) => type).join(' '))
  }
  const records = readFixture(name)
  const expected: Expected = {
    name,
    fold: foldSummary(records),
    replay: await replayFixture(records, sandbox),
  }
  lines.push(`${JSON.stringify(expected)}\n`)
}
writeFileSync(EXPECTED_FILE, lines.join(''))
// Attempts that died still wait for their journals.
process.exit(0)
