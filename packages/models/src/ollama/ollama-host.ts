const DEFAULT_PORT = '11434'

/**
 * The base address of the Ollama server, from `OLLAMA_HOST` in any form that the server itself takes: a host, a port
 * (`:11434`) or a URL. A server may listen on 0.0.0.0, but clients cannot call that address, so this returns loopback
 * instead. The `ollama` client does none of this.
 */
export function ollamaHost(value: string | undefined): string {
  const text = value?.trim() ?? ''
  if (text === '') return `http://127.0.0.1:${DEFAULT_PORT}`
  const explicit = text.includes('://')
  const url = new URL(explicit ? text : `http://${text.startsWith(':') ? `127.0.0.1${text}` : text}`)
  if (url.hostname === '0.0.0.0') url.hostname = '127.0.0.1'
  if (url.hostname === '[::]') url.hostname = '[::1]'
  // URL drops the scheme's own port, so an absent port means the default only without a scheme.
  const port = url.port || (explicit || /:80\/?$/.test(text) ? '' : DEFAULT_PORT)
  if (port !== '') url.port = port
  return url.href.replace(/\/+$/, '')
}
