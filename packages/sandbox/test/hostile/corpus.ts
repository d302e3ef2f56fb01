import { endless } from './endless.ts'
import { escapes } from './escapes.ts'
import { flood } from './flood.ts'
import { hang } from './hang.ts'
import { memory } from './memory.ts'
import { pause } from './pause.ts'
import type { Snippet } from './snippet.ts'
import { tamper } from './tamper.ts'

/** All hostile snippets, by family. */
export const corpus: Record<string, readonly Snippet[]> = {
  memory,
  endless,
  flood,
  escapes,
  tamper,
  hang,
  pause,
}
