import { createWriteStream } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { AttemptRecord } from '../experiment/attempt-record.ts'
import { markdownReport } from './markdown.ts'
import type { Report } from './summarise.ts'

/** The files that {@link writeReport} writes. */
export const REPORT_FILES = ['report.md', 'report.json', 'junit.xml'] as const

/** Writes a report as Markdown and JSON, and each attempt as a test case in JUnit's XML. */
export async function writeReport(
  folder: string,
  report: Report,
  records: AsyncIterable<AttemptRecord>,
): Promise<void> {
  await writeFile(join(folder, 'report.md'), markdownReport(report))
  await writeFile(join(folder, 'report.json'), `${JSON.stringify(report, undefined, 2)}\n`)
  await pipeline(Readable.from(junit(report, records)), createWriteStream(join(folder, 'junit.xml')))
}

async function* junit(
  { set, summaries }: Report,
  records: AsyncIterable<AttemptRecord>,
): AsyncGenerator<string> {
  const sum = (pick: (outcomes: (typeof summaries)[number]['outcomes']) => number) =>
    summaries.reduce((total, { outcomes }) => total + pick(outcomes), 0)
  const tests = summaries.reduce((total, { attempts }) => total + attempts, 0)
  const failures = sum(({ failed, exhausted }) => failed + exhausted)
  const errors = sum((outcomes) => outcomes['target-error'] + outcomes['scorer-error'])
  const skipped = sum(({ canceled }) => canceled)
  yield `<?xml version="1.0" encoding="UTF-8"?>\n<testsuites name=${attribute(set)} tests="${tests}" failures="${failures}" errors="${errors}">\n`
  yield `<testsuite name=${attribute(set)} tests="${tests}" failures="${failures}" errors="${errors}" skipped="${skipped}">\n`
  for await (const record of records) yield testCase(record)
  yield '</testsuite>\n</testsuites>\n'
}

function testCase({
  set,
  case: id,
  attempt,
  target,
  level,
  model,
  ms,
  outcome,
  reason = '',
}: AttemptRecord): string {
  const place = [set, target, level === null ? '' : `level ${level}`, model ?? ''].filter(
    (part) => part !== '',
  )
  const head = `<testcase classname=${attribute(place.join('.'))} name=${attribute(attempt === 1 ? id : `${id} #${attempt}`)} time="${(ms / 1_000).toFixed(3)}"`
  if (outcome === 'passed') return `${head}/>\n`
  const kind =
    outcome === 'failed' || outcome === 'exhausted' ? 'failure' : outcome === 'canceled' ? 'skipped' : 'error'
  return `${head}><${kind} message=${attribute(`${outcome}: ${reason}`)}/></testcase>\n`
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  '\n': '&#10;',
  '\t': '&#9;',
  '\r': '&#13;',
}

/** A quoted attribute. XML has no form for other control characters, so they become a mark. */
function attribute(text: string): string {
  const escaped = text
    .toWellFormed()
    .replaceAll(/[&<>"\n\t\r]/g, (found) => ENTITIES[found] ?? found)
    // biome-ignore lint/suspicious/noControlCharactersInRegex: these have no form in XML
    .replaceAll(/[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]/g, '\ufffd')
  return `"${escaped}"`
}
