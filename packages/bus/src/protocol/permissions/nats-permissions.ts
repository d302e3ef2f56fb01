/** A user's permissions, as the server defines them. Subjects may contain wildcards. */
export interface NatsPermissions {
  publish?: { allow?: string[]; deny?: string[] }
  subscribe?: { allow?: string[]; deny?: string[] }
  /** Replies to requests that the user receives: at most `max` per request, within `ttlMs` milliseconds. */
  responses?: { max: number; ttlMs: number }
}

/** Sorts and removes duplicates and subjects that another one covers: all subjects must fit into one protocol line. */
export function compactSubjects(subjects: Iterable<string>): string[] {
  const unique = [...new Set(subjects)].sort()
  return unique.filter((subject) => !unique.some((other) => other !== subject && covers(other, subject)))
}

/** Whether `wide` matches every subject that `narrow` matches. */
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
