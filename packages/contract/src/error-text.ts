/** An error's message; any other thrown value as text. Never throws. */
export function errorText(error: unknown): string {
  if (error instanceof Error) return error.message
  try {
    return String(error)
  } catch {
    return 'a value that cannot be shown'
  }
}
