/** Parses JSON. Returns undefined for any other text; no schema accepts undefined. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
