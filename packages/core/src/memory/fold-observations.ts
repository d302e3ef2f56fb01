/** Observations are folded in blocks of so many steps, so that a prompt's prefix stays the same between folds. */
export const FOLD_BLOCK = 10
/** Steps whose observations always stay whole. */
export const FOLD_KEEP = 5
/** Characters that stay of a folded observation. */
export const FOLD_HEAD = 120

/** Steps before this number (counted from 1) are shown folded when the task has come to `steps` steps. */
export function foldedBefore(steps: number): number {
  return Math.max(0, Math.floor((steps - FOLD_KEEP) / FOLD_BLOCK) * FOLD_BLOCK) + 1
}

/** What stays of an old observation. Code can still read the whole as `observations[step]`. */
export function foldObservation(text: string, step: number, readable: boolean): string {
  if (text.length <= FOLD_HEAD * 2) return text
  const where = readable ? `; the whole is in observations[${step}]` : ''
  return `${text.slice(0, FOLD_HEAD)} [folded: ${text.length} characters${where}]`
}
