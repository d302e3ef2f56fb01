const SECRET_HEADERS = /authorization|key|token/i
/** Shorter values are no secrets and would match in any text. */
const MIN_KEY_LENGTH = 8

/** The keys in a request's headers. */
export function keysIn(headers: RequestInit['headers']): string[] {
  return [...new Headers(headers)]
    .filter(([name]) => SECRET_HEADERS.test(name))
    .map(([, value]) => value.replace(/^(?:Bearer|Basic) /i, ''))
    .filter((key) => key.length >= MIN_KEY_LENGTH)
}

/** Replaces keys in a server's text: some servers repeat the key that they reject. */
export function redact(text: string, keys: readonly string[]): string {
  return keys.reduce((shown, key) => shown.replaceAll(key, '<key>'), text)
}

/** An address for messages and logs, without credentials and query. */
export function withoutSecrets(url: string | URL): string {
  const { protocol, host, pathname } = new URL(url)
  return `${protocol}//${host}${pathname}`
}
