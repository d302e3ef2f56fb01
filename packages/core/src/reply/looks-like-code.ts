/**
 * Guesses whether a whole reply is code without a code block. Every line must be possible code, and at least one line
 * must clearly be code. A single name or literal is not code. A host that has a parser passes it instead
 * (`LoopOptions.parses`).
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

/** Recognizes Python by syntax that JavaScript does not have. */
export function looksLikePython(code: string): boolean {
  return (
    /^\s*(?:def \w+\(.*\).*:|elif .*:|for \w+ in .*:|if .*[^{(,]:|print\s*\(.*\)\s*$|from \w[\w.]* import |import \w[\w.]*(?: as \w+)?\s*$|with .* as \w+:|except\b.*:)/m.test(
      code,
    ) && !/\b(?:const|let)\s+\w|=>|;\s*$/m.test(code)
  )
}
