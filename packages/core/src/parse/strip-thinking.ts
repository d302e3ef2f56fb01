/**
 * Takes a model's thoughts out of its text: `<think>…</think>` at any place, one that was never
 * closed, and a lone `</think>` (its opening was part of the prompt). `thinking` comes in tags of
 * several spellings.
 */
export function stripThinking(text: string): { text: string; thinking: string } {
  const thoughts: string[] = []
  const keep = (thought: string) => {
    thoughts.push(thought.trim())
    return ''
  }
  // Only tags at the start of a line are a model's own; one inside code is part of a literal.
  let rest = text.replace(
    /^[ \t]*<(think|thinking|thought|reasoning)>([\s\S]*?)<\/\1>/gim,
    (_, __, thought) => keep(thought),
  )
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
