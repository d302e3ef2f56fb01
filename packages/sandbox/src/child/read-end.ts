import type { StepEnd } from '../frames/frame.ts'

/** A step's end as the prelude reports it. */
export interface RawEnd extends Omit<StepEnd, 'error'> {
  error?: { name: string; message: string; stack: string }
  /** Keys of call results, one per line. Empty without an error. */
  keys: string
}

/** Reads the prelude's report of a step's end. It comes from the guest's isolate, so check the type of each field. */
export function readEnd(text: string): RawEnd {
  const raw: Record<string, unknown> = JSON.parse(text)
  const end: RawEnd = {
    preview: asText(raw.preview),
    missingChars: Number(raw.missingChars),
    missingLines: Number(raw.missingLines),
    keys: '',
  }
  if (typeof raw.final === 'string') end.final = raw.final
  if (typeof raw.hash === 'string') end.hash = raw.hash
  const error = raw.error as Record<string, unknown> | undefined
  if (error !== undefined) {
    end.error = {
      name: asText(error.name),
      message: asText(error.message),
      stack: asText(error.stack),
    }
    end.keys = asText(error.keys)
  }
  return end
}

function asText(value: unknown): string {
  return typeof value === 'string' ? value : ''
}
