import { dollars, errorsOf, type Progress } from '@bailiwick/eval'

/** The least time between two lines. Milliseconds. */
const LEAST_MS = 2_000
/** While nothing changes, the pauses grow up to this. */
const MOST_MS = 30_000
/** Attempts that a line names. */
const NAMED = 3
/** Misses that get a line of their own. */
const MAX_LINES = 30

/** Shows the progress of an evaluation as lines: at most one in two seconds, and one at least every 30. */
export class EvalProgress implements Disposable {
  readonly #note: (line: string) => void
  readonly #timer: NodeJS.Timeout
  #progress: Progress | undefined
  #shown = ''
  #shownAt = Date.now()
  #pause = LEAST_MS
  #misses = 0

  constructor(note: (line: string) => void) {
    this.#note = note
    this.#timer = setInterval(() => this.#show(), 500)
  }

  update(progress: Progress): void {
    const { ended } = progress
    if (this.#progress === undefined) this.#begin(progress)
    this.#progress = progress
    if (ended === undefined || ended.outcome === 'passed') return
    this.#misses += 1
    if (this.#misses <= MAX_LINES) {
      const level = ended.level === null ? '' : ` (level ${ended.level})`
      this.#note(
        `${ended.outcome}: ${ended.case}${level}: ${(ended.reason ?? '').replaceAll(/\s+/g, ' ').slice(0, 200)}`,
      )
    } else if (this.#misses === MAX_LINES + 1) this.#note('Further misses are only in results.jsonl.')
  }

  #begin({ total, resumed }: Progress): void {
    const before = resumed === 0 ? '' : `; ${resumed} have a result already`
    this.#note(`${total} ${total === 1 ? 'attempt' : 'attempts'}${before}`)
  }

  #show(): void {
    const progress = this.#progress
    const now = Date.now()
    if (progress === undefined || now < this.#shownAt + LEAST_MS) return
    const { done, total, outcomes, cost, open } = progress
    if (open.size === 0) return
    const errors = errorsOf(outcomes)
    const state = `${done} of ${total} done, ${outcomes.passed} right${errors === 0 ? '' : `, ${errors} broken`}${cost === null || cost === 0 ? '' : `, ${dollars(cost)}`}`
    const changed = state !== this.#shown
    if (!changed && now < this.#shownAt + this.#pause) return
    this.#pause = changed ? LEAST_MS : Math.min(MOST_MS, this.#pause * 2)
    this.#shown = state
    this.#shownAt = now
    const oldest = [...open].sort((a, b) => a.since - b.since).slice(0, NAMED)
    const names = oldest.map(
      ({ case: id, replies, since }) =>
        `${id} (${Math.round((now - since) / 1_000)} s, ${replies} ${replies === 1 ? 'reply' : 'replies'})`,
    )
    const others = open.size - names.length
    this.#note(`${state}; waiting for ${names.join(', ')}${others > 0 ? ` and ${others} more` : ''}`)
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer)
  }
}
