import { WASTE_CAUSES } from '../target/target.ts'
import type { Share } from './intervals.ts'
import type { Report, Summary } from './summarise.ts'

/** Says what a report of an oracle means. */
export function pipelineNote({ pipeline }: Pick<Report, 'pipeline'>): string | undefined {
  return pipeline === undefined
    ? undefined
    : `Pipeline, not quality: the ${pipeline} answered from the solutions of the dataset, so the figures say nothing about a model.`
}

/** A report as Markdown. */
export function markdownReport(report: Report): string {
  const { set, setHash, scorer, summaries, tags, misses, missCount, missing } = report
  const parts = [
    `# Evaluation of ${set}`,
    pipelineNote(report),
    missing > 0 ? `Partial: ${missing} attempts have no result.` : undefined,
    table(HEADINGS, summaries.map(row)),
    wasteTable(summaries),
    tags.length === 0
      ? undefined
      : `## By tag\n\n${table(
          ['tag', ...HEADINGS],
          tags.map((each) => [each.tag ?? '', ...row(each)]),
        )}`,
    missCount === 0 ? undefined : `## Not right\n\n${misses.map(missLine).join('\n')}`,
    missCount > misses.length ? `${missCount - misses.length} more are in results.jsonl.` : undefined,
    `Set ${setHash}, scorer ${scorer}. Right: the share of attempts without an error, with its 95% interval (Wilson's; with repeats, of resampled tasks). Errors of servers, tools and scorers are counted apart.`,
  ]
  return `${parts.filter((part) => part !== undefined).join('\n\n')}\n`
}

const HEADINGS = [
  ...['target', 'level', 'model', 'right', 'interval', 'errors', 'replies per task', 'wasted', 'tokens'],
  ...['tokens per right answer', 'dollars', 'median time'],
]

function row(summary: Summary): string[] {
  const { target, level, model, right, outcomes, attempts, usage, wastedShare, tokens, tokensPerRight, ms } =
    summary
  return [
    target,
    level === null ? '' : String(level),
    model ?? "the daemon's",
    shareText(summary),
    right === null ? '' : `${percent(right.low)}–${percent(right.high)}`,
    String(errorsOf(outcomes)),
    attempts === 0 ? '' : (usage.replies / attempts).toFixed(2),
    wastedShare === null ? '' : percent(wastedShare),
    count(tokens),
    tokensPerRight === null ? '' : count(Math.round(tokensPerRight)),
    dollars(usage.cost),
    seconds(ms.median),
  ]
}

/** Attempts that broke or were stopped. */
export function errorsOf(outcomes: Summary['outcomes']): number {
  return outcomes['target-error'] + outcomes['scorer-error'] + outcomes.canceled
}

/** `38 of 40 (95.0%)` */
export function shareText({ right, outcomes }: Pick<Summary, 'right' | 'outcomes'>): string {
  const graded = outcomes.passed + outcomes.failed + outcomes.exhausted
  return right === null
    ? 'none graded'
    : `${outcomes.passed} of ${graded} (${percent((right as Share).value)})`
}

function wasteTable(summaries: readonly Summary[]): string | undefined {
  const wasted = summaries.filter(({ wastedShare }) => wastedShare !== null && wastedShare > 0)
  if (wasted.length === 0) return undefined
  const rows = wasted.map(({ target, level, model, wasted: by }) => [
    ...[target, level === null ? '' : String(level), model ?? "the daemon's"],
    ...WASTE_CAUSES.map((cause) => String(by[cause])),
  ])
  return `## Wasted replies\n\n${table(['target', 'level', 'model', ...WASTE_CAUSES], rows)}`
}

function missLine({ case: id, target, level, outcome, missed, reason }: Report['misses'][number]): string {
  const times = missed > 1 ? `, ${missed} times` : ''
  const at = level === null ? target : `${target}, level ${level}`
  return `- \`${id}\` (${at}): ${outcome}${times}: ${oneLine(reason)}`
}

function oneLine(text: string): string {
  const line = text.replaceAll(/\s+/g, ' ').trim()
  return line.length <= 300 ? line : `${line.slice(0, 300)}…`
}

function table(headings: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`
  return [line(headings), line(headings.map(() => '---')), ...rows.map(line)].join('\n')
}

export function percent(share: number): string {
  return `${(share * 100).toFixed(1)}%`
}

function count(number: number): string {
  return number.toLocaleString('en-US')
}

/** US dollars. An unknown price is unknown, never 0. */
export function dollars(cost: number | null): string {
  return cost === null ? 'unknown' : `$${cost.toFixed(4)}`
}

function seconds(ms: number): string {
  return ms < 1_000 ? `${ms} ms` : `${(ms / 1_000).toFixed(1)} s`
}
