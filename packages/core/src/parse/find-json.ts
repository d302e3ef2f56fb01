/** The first JSON value in a reply: the whole text, a json fence, or the first balanced object or array. */
export function findJson(text: string): { value: unknown } | undefined {
  const fence = /```(?:json)?\s*\n([\s\S]*?)```/.exec(text)
  for (const candidate of [text.trim(), fence?.[1]?.trim(), balanced(text)]) {
    if (candidate === undefined || candidate === '') continue
    try {
      return { value: JSON.parse(candidate) }
    } catch {
      // Not this one: the next candidate may be JSON.
    }
  }
  return undefined
}

/** From the first opening bracket to its closing one, strings respected. */
function balanced(text: string): string | undefined {
  const start = text.search(/[[{]/)
  if (start < 0) return undefined
  let depth = 0
  let inString = false
  for (let index = start; index < text.length; index += 1) {
    const character = text[index]
    if (inString) {
      if (character === '\\') index += 1
      else if (character === '"') inString = false
    } else if (character === '"') inString = true
    else if (character === '{' || character === '[') depth += 1
    else if (character === '}' || character === ']') {
      depth -= 1
      if (depth === 0) return text.slice(start, index + 1)
    }
  }
  return undefined
}
