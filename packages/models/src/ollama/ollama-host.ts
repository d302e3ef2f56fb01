const DEFAULT_PORT = '11434'

/**
 * The base address of the Ollama server, from `OLLAMA_HOST` as the server itself understands it: a
 * host, a port (`:11434`) or a URL. The server may be told to listen on 0.0.0.0, which is no address
 * to call: loopback stands in for it. The `ollama` client reads none of this by itself.
 */
export function ollamaHost(value: string | undefined): string {
  const text = value?.trim() ?? ''
  if (text === '') return `http://127.0.0.1:${DEFAULT_PORT}`
  const explicit = text.includes('://')
  const url = new URL(explicit ? text : `http://${text.startsWith(':') ? `127.0.0.1${text}` : text}`)
  if (url.hostname === '0.0.0.0') url.hostname = '127.0.0.1'
  if (url.hostname === '[::]') url.hostname = '[::1]'
  // URL drops a port that is the scheme's own: only an explicit scheme means it.
  const port = url.port || (explicit || /:80\/?$/.test(text) ? '' : DEFAULT_PORT)
  if (port !== '') url.port = port
  return url.href.replace(/\/+$/, '')
}
