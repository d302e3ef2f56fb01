import type { Act } from './act.ts'
import type { seeded } from './seeded.ts'

/** A run whose guest or child misbehaves. It may fail, but must end, and must not disturb others. */
export interface Attack {
  run: string
  deed: 'hung' | 'froze' | 'lied'
  /** Chooses what the guest or the child does. */
  choice: number
  /** When to submit it, ms after the start of the sabotage. */
  atMs: number
}

const DEEDS = ['hung', 'froze', 'lied'] as const
/** Attacks in a round besides one of each kind, at most. */
const MAX_MORE = 3
const CHOICES = 1_000

/** Draws a round's attacks: at least one of each kind, at any time of the sabotage. */
export function drawAttacks(prefix: string, random: ReturnType<typeof seeded>, sabotageMs: number): Attack[] {
  const more = Array.from({ length: random.below(MAX_MORE + 1) }, () => random.of(DEEDS) ?? 'hung')
  return [...DEEDS, ...more]
    .map((deed, index) => {
      const [atMs, choice] = [random.below(sabotageMs), random.below(CHOICES)]
      return { run: `${prefix}${deed}${index}`, deed, choice, atMs }
    })
    .sort((one, other) => one.atMs - other.atMs)
}

/** What the judge expects of the run of an attack. @param answer of a run that does not fail */
export function expectedOf({ run, deed }: Attack, answer: number) {
  return { run, answer, mayDiverge: deed === 'lied' }
}

/** @param at when it was submitted, Unix milliseconds */
export function actOf({ run, deed }: Attack, at: number): Act {
  return { kind: deed === 'lied' ? 'child' : 'guest', deed, run, from: at, to: at }
}
