/** Begins an edit of the agent's source. The source text that the edit replaces and {@link ORIGINAL_END} follow. */
export const MARK_START = '/*$bailiwick:'
export const ORIGINAL_END = '*/'
export const MARK_END = '/*$*/'

/**
 * Marks an edit, so that `toString` of a function that contains it can give the agent's own source.
 *
 * @param original the source text that the edit replaces: no more than one token
 * @param text the text that runs
 */
export function marked(original: string, text: string): string {
  return `${MARK_START}${original}${ORIGINAL_END}${text}${MARK_END}`
}
