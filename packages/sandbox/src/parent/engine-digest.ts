import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import type { ChildFiles } from '../isolation/child-files.ts'

/** Digest of what makes worlds here: the runtime, V8, the child's code and its prelude. */
export function engineDigest({ main, prelude }: Pick<ChildFiles, 'main' | 'prelude'>): string {
  const hash = createHash('sha256').update(`${process.version} ${process.versions.v8}`)
  for (const file of [main, prelude]) hash.update(readFileSync(file))
  return hash.digest('base64url')
}
