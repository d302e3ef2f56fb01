/**
 * Removes a model's thoughts from its text: `<think>…</think>` anywhere, one that is not closed, and text before a
 * single `</think>` (its opening tag was part of the prompt). Knows several spellings of the tag.
 */
export function stripThinking(text: string): { text: string; thinking: string } {
  // Fast path: most replies have no tag.
  if (!text.includes('<')) return { text: text.trim(), thinking: '' }
  const thoughts: string[] = []
  const keep = (thought: string) => thoughts.push(thought.trim())
  let rest = cutClosed(text, keep)
  const lone = /^([\s\S]*?)<\/(?:think|thinking|thought|reasoning)>/i.exec(rest)
  // A closing tag inside a code block is part of the code.
  if (lone?.[1] !== undefined && !/<code>|```/.test(lone[1])) {
    keep(lone[1])
    rest = rest.slice(lone[0].length)
  }
  const open = /^[ \t]*<(?:think|thinking|thought|reasoning)>([\s\S]*)$/im.exec(rest)
  if (open?.[1] !== undefined && !/<code>|```/.test(rest.slice(0, open.index))) {
    keep(open[1])
    rest = rest.slice(0, open.index)
  }
  return { text: rest.trim(), thinking: thoughts.filter(Boolean).join('\n') }
}

/** Removes thoughts that have both tags. An opening tag counts only at the start of a line. */
function cutClosed(text: string, keep: (thought: string) => void): string {
  const opening = /^[ \t]*<(think|thinking|thought|reasoning)>/gim
  const lower = text.toLowerCase()
  let rest = ''
  let from = 0
  for (let open = opening.exec(text); open !== null; open = opening.exec(text)) {
    const closing = `</${open[1]?.toLowerCase()}>`
    const end = lower.indexOf(closing, opening.lastIndex)
    // Stop at the first tag that is not closed: searching from each would take quadratic time.
    if (end < 0) break
    keep(text.slice(opening.lastIndex, end))
    rest += text.slice(from, open.index)
    from = end + closing.length
    opening.lastIndex = from
  }
  return rest + text.slice(from)
}
