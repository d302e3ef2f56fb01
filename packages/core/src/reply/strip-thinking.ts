/**
 * Takes a model's thoughts out of its text: `<think>…</think>` at any place, one that was never
 * closed, and a lone `</think>` (its opening was part of the prompt). `thinking` comes in tags of
 * several spellings.
 */
export function stripThinking(text: string): { text: string; thinking: string } {
  // Calls and answers without a tag, most of all replies.
  if (!text.includes('<')) return { text: text.trim(), thinking: '' }
  const thoughts: string[] = []
  const keep = (thought: string) => thoughts.push(thought.trim())
  let rest = cutClosed(text, keep)
  const lone = /^([\s\S]*?)<\/(?:think|thinking|thought|reasoning)>/i.exec(rest)
  // A closing tag after a code block began is part of the code.
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

/** Takes out the thoughts that have both their tags. Only a tag that begins a line is a model's own. */
function cutClosed(text: string, keep: (thought: string) => void): string {
  const opening = /^[ \t]*<(think|thinking|thought|reasoning)>/gim
  const lower = text.toLowerCase()
  let rest = ''
  let from = 0
  for (let open = opening.exec(text); open !== null; open = opening.exec(text)) {
    const closing = `</${open[1]?.toLowerCase()}>`
    const end = lower.indexOf(closing, opening.lastIndex)
    // The first that never closes ends the search: a search from each would take for ever.
    if (end < 0) break
    keep(text.slice(opening.lastIndex, end))
    rest += text.slice(from, open.index)
    from = end + closing.length
    opening.lastIndex = from
  }
  return rest + text.slice(from)
}
