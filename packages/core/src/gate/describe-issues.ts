import type { z } from 'zod'

/** Zod's issues in words, each with its path: `year: expected number, received string`. */
export function describeIssues(issues: readonly z.core.$ZodIssue[]): string {
  const shown = issues.slice(0, 8).map((issue) => {
    const path = issue.path.reduce<string>(
      (path, key) =>
        typeof key === 'number' ? `${path}[${key}]` : path ? `${path}.${String(key)}` : String(key),
      '',
    )
    const words = issue.message.replace(/^Invalid input: |^Invalid /, '')
    if (words.endsWith('received undefined'))
      return `${path || 'it'} is missing (${words.replace(/, received.*/, '')})`
    return path ? `${path}: ${words}` : words
  })
  const more = issues.length - shown.length
  return more > 0 ? `${shown.join('; ')}; and ${more} more` : shown.join('; ')
}
