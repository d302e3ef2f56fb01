// Prints "N passed, N failed" for a vitest JSON report plus the checks around it, and exits 1 where
// anything failed or no test ran. Plain JavaScript: it must run on whatever Node the machine has.
import { readFileSync } from 'node:fs'

const [file, passedChecks, failedChecks] = process.argv.slice(2)

function readReport() {
  try {
    return JSON.parse(readFileSync(file, 'utf8'))
  } catch (error) {
    console.error(`no test report at ${file}: ${error.message}`)
    return { numPassedTests: 0, numFailedTests: 1, numFailedTestSuites: 0 }
  }
}

const report = readReport()
const passed = report.numPassedTests + Number(passedChecks)
// A file that fails to load has no failed tests of its own.
const failed = Math.max(report.numFailedTests, report.success === false ? 1 : 0) + Number(failedChecks)
console.log(`${passed} passed, ${failed} failed`)
process.exitCode = failed === 0 && report.numPassedTests > 0 ? 0 : 1
