import type { Loader } from 'vega'
import { INLINE_PICTURE } from './inline-picture.ts'

/** A loader that loads no file and no address. It allows pictures that the chart contains. */
export interface SealedLoader extends Loader {
  /** The addresses that it refused. */
  readonly refused: string[]
}

export function sealedLoader(): SealedLoader {
  const refused: string[] = []
  const note = (uri: string) => refused.push(String(uri).slice(0, 200))
  const refuse = async (uri: string): Promise<never> => {
    note(uri)
    throw new Error('a chart loads nothing from outside')
  }
  return {
    refused,
    load: refuse,
    http: refuse,
    file: refuse,
    async sanitize(uri, { context }) {
      if (context === 'image' && INLINE_PICTURE.test(uri)) return { href: uri }
      if (context !== 'href') return refuse(uri)
      // Vega's renderer does not survive a rejection here, so the chart is refused later.
      note(uri)
      return { href: '#' }
    },
  }
}
