/** What a user of the server may do, in the server's own words. Subjects may hold wildcards. */
export interface NatsPermissions {
  publish?: { allow?: string[]; deny?: string[] }
  subscribe?: { allow?: string[]; deny?: string[] }
  /** Answers to requests that reach the user: so many for each, within so many milliseconds. */
  responses?: { max: number; ttlMs: number }
}

/** Sorted, each once, without those that another one's wildcards cover: the whole set has to fit into a line. */
export function compactSubjects(subjects: Iterable<string>): string[] {
  const unique = [...new Set(subjects)].sort()
  return unique.filter((subject) => !unique.some((other) => other !== subject && covers(other, subject)))
}

/** Whether everything that `narrow` stands for is also covered by `wide`. */
export function covers(wide: string, narrow: string): boolean {
  const wideTokens = wide.split('.')
  const narrowTokens = narrow.split('.')
  for (const [index, token] of wideTokens.entries()) {
    const against = narrowTokens[index]
    if (token === '>') return against !== undefined
    if (against === undefined || against === '>') return false
    if (token !== '*' && token !== against) return false
  }
  return wideTokens.length === narrowTokens.length
}
