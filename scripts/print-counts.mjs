// Prints "N passed, N failed" for a folder of vitest JSON reports plus the checks around them, and exits 1 if anything
// failed or no test ran. Plain JavaScript: it must run on whatever Node the machine has.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

const [folder, passedChecks, failedChecks] = process.argv.slice(2)

function readReports() {
  try {
    const files = readdirSync(folder).filter((file) => file.endsWith('.json'))
    return files.map((file) => JSON.parse(readFileSync(join(folder, file), 'utf8')))
  } catch (error) {
    console.error(`no test report in ${folder}: ${error.message}`)
    return []
  }
}

const reports = readReports()
const sum = (count) => reports.map(count).reduce((total, each) => total + each, 0)
const passedTests = sum((report) => report.numPassedTests)
// A file that fails to load has no failed tests of its own.
const failedTests = sum((report) => Math.max(report.numFailedTests, report.success === false ? 1 : 0))
const failed = failedTests + Number(failedChecks)
console.log(`${passedTests + Number(passedChecks)} passed, ${failed} failed`)
process.exitCode = failed === 0 && passedTests > 0 ? 0 : 1
