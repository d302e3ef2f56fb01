const NAMES = /authorization|key|token/i
/** Shorter ones are no secrets, and would be found in any text. */
const SHORTEST = 8

/** The keys that a request is sent with. */
export function keysIn(headers: RequestInit['headers']): string[] {
  return [...new Headers(headers)]
    .filter(([name]) => NAMES.test(name))
    .map(([, value]) => value.replace(/^(?:Bearer|Basic) /i, ''))
    .filter((key) => key.length >= SHORTEST)
}

/** What a server said, without the keys that it was asked with: some repeat them where they refuse them. */
export function conceal(text: string, keys: readonly string[]): string {
  return keys.reduce((shown, key) => shown.replaceAll(key, '<key>'), text)
}
