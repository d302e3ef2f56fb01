/**
 * Whether a whole reply seems to be code that somebody forgot to mark. Every line must be able to be
 * code, and one must plainly be; a lone name or literal is not an action. Hosts that have a parser at
 * hand pass that in instead.
 */
export function looksLikeCode(text: string): boolean {
  if (/^[\w$.\s'"]*$/.test(text)) return false
  const lines = text.split('\n').filter((line) => line.trim() !== '')
  const plainly =
    /^\s*(?:const|let|var|await|for|if|while|function|async function|import|return|finalAnswer|console\.)\b.*[;{(=)]|=>|^\s*[\w$.]+\(.*\);?\s*$/
  const prose = /^\s*[A-Z][a-z]+(?: [\w',-]+){3,}|^\s*(?:#|\*|-|\d+\.) |[a-z][.:!?]\s*$/
  return (
    lines.some((line) => plainly.test(line)) &&
    !lines.some((line) => prose.test(line) && !/^\s*(?:\/\/|\/\*|\*)/.test(line))
  )
}

/** Python, by the marks that JavaScript cannot have. */
export function looksLikePython(code: string): boolean {
  return (
    /^\s*(?:def \w+\(.*\).*:|elif .*:|for \w+ in .*:|if .*[^{(,]:|print\s*\(.*\)\s*$|from \w[\w.]* import |import \w[\w.]*(?: as \w+)?\s*$|with .* as \w+:|except\b.*:)/m.test(
      code,
    ) && !/\b(?:const|let)\s+\w|=>|;\s*$/m.test(code)
  )
}
