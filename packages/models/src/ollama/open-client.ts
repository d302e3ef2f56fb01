import type { Ollama } from 'ollama'

/**
 * A client of its own for each exchange: it takes no signal, and its `abort()` ends every request of
 * the client at once but none whose headers have not come.
 */
export async function openClient(host: string, send: typeof fetch): Promise<Ollama> {
  const { Ollama } = await import('ollama')
  return new Ollama({ host, fetch: send })
}
