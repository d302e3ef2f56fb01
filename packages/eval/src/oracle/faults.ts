/** The faults of a real model, and how often it makes them in a reply. */
export interface FaultRates {
  /** Words without code or a call. */
  prose: number
  /** An observation that the model made up, after its code or call. */
  inventedObservation: number
  /** An answer beside the calls whose results it needs. */
  answerBesideCalls: number
  /** The code in several blocks. */
  severalBlocks: number
  /** A code tag that is never closed. */
  unclosedTag: number
  /** A fence in place of the tag. */
  fence: number
  python: number
  /** `console.log` in place of `finalAnswer`. */
  printedAnswer: number
  missingAwait: number
  /** `name(value)` in place of `name({ field: value })`. */
  positional: number
  /** The whole data printed. */
  dump: number
  /** A call or code that was run before. */
  repeat: number
  /** The name of a tool that does not exist. */
  wrongName: number
  /** Arguments that are not JSON. */
  brokenArguments: number
}

/**
 * The middle of the ranges that transcripts of fourteen models show: prose 1–21% of replies, invented observations
 * 22–74% (open models of 8B to 72B), an answer beside its calls 24–66%, several blocks 10–36%,
 * unclosed tags 0–7%, fences 0–6%, broken calls 2.4%. The others occur, but were not counted: 2% each.
 */
export const OBSERVED_RATES: Readonly<FaultRates> = Object.freeze({
  prose: 0.11,
  inventedObservation: 0.48,
  answerBesideCalls: 0.45,
  severalBlocks: 0.23,
  unclosedTag: 0.035,
  fence: 0.03,
  python: 0.02,
  printedAnswer: 0.02,
  missingAwait: 0.02,
  positional: 0.02,
  dump: 0.02,
  repeat: 0.02,
  wrongName: 0.02,
  brokenArguments: 0.024,
})

/** Decides which faults a reply has. */
export type Dice = (fault: keyof FaultRates) => boolean

/** Dice that give the same faults for the same seed, attempt and reply. */
export function diceOf(rates: Readonly<FaultRates>, seed: string): Dice {
  return (fault) => chance(`${seed}/${fault}`) < rates[fault]
}

/** A number in [0, 1) from a text: FNV-1a, mixed once more. */
function chance(text: string): number {
  let hash = 0x811c9dc5
  for (let at = 0; at < text.length; at += 1) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193)
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return ((hash ^ (hash >>> 16)) >>> 0) / 4_294_967_296
}

/** No faults. */
export const STEADY: Dice = () => false
