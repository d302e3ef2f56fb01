import type { Loader } from 'vega'

const IMAGE = /^data:image\/(png|jpeg|gif|webp);base64,[A-Za-z0-9+/=]*$/

/** A loader that loads nothing: no file, no address. Pictures that a chart carries in itself are let through. */
export interface SealedLoader extends Loader {
  /** What it was asked for and refused. */
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
      if (context === 'image' && IMAGE.test(uri)) return { href: uri }
      if (context !== 'href') return refuse(uri)
      // Vega's renderer does not survive a rejection here; the chart is refused afterwards.
      note(uri)
      return { href: '#' }
    },
  }
}
