import type { JournalRecord } from '@bailiwick/contract'
import { parseText } from '../reply/parse-reply.ts'
import { type FilledReference, fillReferences, withoutLocale } from './fill-references.ts'

/** Figures of one task that are listed in one section. */
const MAX_FIGURES = 20
const HEADING = /^#{1,6}\s/

/**
 * A report with its sources: below each section, the figures in it by the task that computed them. Fills in the writer's
 * last reply again, from the journal of the task that wrote the report.
 *
 * @param linkOf the address of what a task did, for links
 * @returns undefined if the report was not written with references
 */
export function reportWithSources(
  records: readonly JournalRecord[],
  linkOf: (task: string) => string | undefined,
): string | undefined {
  const created = records.find((record) => record.type === 'task.created')
  const reply = records.findLast((record) => record.type === 'step.replied')
  const ended = records.findLast((record) => record.type === 'task.ended')
  if (created === undefined || reply === undefined || typeof ended?.output !== 'string') return undefined
  const { text } = parseText(reply)
  const used: FilledReference[] = []
  const filled = fillReferences(text, created.results, created.text, { onFilled: (one) => used.push(one) })
  // A version that fills them in differently wrote it, or it has no references.
  if (used.length === 0 || filled.text !== ended.output) return undefined
  const template = withoutLocale(text)
  const sections = sectionsOf(filled.text)
  // A value with a heading in it: which section is whose would be a guess.
  if (sections.length !== sectionsOf(template).length) return undefined
  const starts = startsOf(sectionsOf(template))
  const bySection = Map.groupBy(
    used.filter(({ at }) => isFigure(template, at)),
    ({ at }) => starts.findLastIndex((start) => start <= at),
  )
  return sections
    .map((section, index) => {
      const its = bySection.get(index) ?? []
      const list = listSources(its, linkOf)
      return list === '' ? section : `${section.trimEnd()}\n\n${list}\n\n`
    })
    .join('')
    .trimEnd()
}

/** Whether a reference stands in the text, not in the address of a link or picture. */
function isFigure(template: string, at: number): boolean {
  const line = template.slice(template.lastIndexOf('\n', at - 1) + 1, at)
  const address = line.lastIndexOf('](')
  return address === -1 || line.includes(')', address)
}

/** A text in pieces: what is before its first heading, and each heading with what follows. */
function sectionsOf(text: string): string[] {
  const sections = ['']
  let isCode = false
  for (const line of text.split(/(?<=\n)/)) {
    if (line.startsWith('```')) isCode = !isCode
    if (!isCode && HEADING.test(line)) sections.push('')
    sections[sections.length - 1] += line
  }
  return sections
}

/** Where each section begins. */
function startsOf(sections: readonly string[]): number[] {
  let at = 0
  return sections.map((section) => {
    at += section.length
    return at - section.length
  })
}

function listSources(used: readonly FilledReference[], linkOf: (task: string) => string | undefined): string {
  const byTask = Map.groupBy(used, ({ task }) => task)
  return Array.from(byTask, ([task, its]) => {
    const link = linkOf(task)
    const figures = [...new Set(its.map(({ shown }) => shown))]
    const more = figures.length - MAX_FIGURES
    const listed = figures.slice(0, MAX_FIGURES).join(', ') + (more > 0 ? `, … (+${more})` : '')
    return `*${link === undefined ? task : `[${task}](${link})`}: ${listed}*`
  }).join('  \n')
}
