/** The last prompt and its hash: a host's tasks mostly share one, and hashing costs more than a step of the loop. */
let last = { prompt: '', hash: '' }

/** SHA-256 of a system prompt, hex. With the journal it determines every request of an attempt. */
export function promptHash(prompt: string): string {
  // Loaded with the first task: it takes longer to load than all of this package.
  const { hash } = process.getBuiltinModule('node:crypto')
  if (prompt !== last.prompt) last = { prompt, hash: hash('sha256', prompt) }
  return last.hash
}
