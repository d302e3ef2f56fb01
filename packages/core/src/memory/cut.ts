/** A text of at most `limit` characters: its head and tail, and between them how much is missing. */
export function cut(text: string, limit: number): string {
  if (text.length <= limit) return text
  const tail = Math.floor(limit / 4)
  const missing = text.length - limit
  return `${text.slice(0, limit - tail)}\n[… ${missing} of ${text.length} characters cut …]\n${text.slice(-tail)}`
}
