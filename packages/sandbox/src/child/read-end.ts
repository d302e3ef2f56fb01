import type { GuestError } from '@bailiwick/contract/world'

/** What a step came to. */
export interface StepEnd {
  preview: string
  /** Encoded text. */
  final?: string
  error?: GuestError
  missingChars: number
  missingLines: number
  hash?: string
}

/** A step's end as the prelude tells it. */
export interface RawEnd extends Omit<StepEnd, 'error'> {
  error?: { name: string; message: string; stack: string }
  keys: string
}

/** The prelude's account of a step's end. It comes out of the guest's isolate: only its types are trusted. */
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
