import { type ArtifactRef, artifactRefSchema } from '@bailiwick/contract'

/** How deep a call's result is searched for artifacts. */
const DEPTH = 4

/** The artifacts that calls' results name, each once, in the order in which they came. */
export function findArtifacts(values: readonly unknown[]): ArtifactRef[] {
  const found = new Map<string, ArtifactRef>()
  const search = (value: unknown, depth: number): void => {
    if (typeof value !== 'object' || value === null || depth > DEPTH) return
    const parsed = artifactRefSchema.safeParse(value)
    if (parsed.success) found.set(`${parsed.data.writer}/${parsed.data.key}`, parsed.data)
    else for (const item of Object.values(value)) search(item, depth + 1)
  }
  for (const value of values) search(value, 0)
  return [...found.values()]
}
