/** A reply without its `<think>` parts: whole ones, an unclosed one, and what precedes a lone closing tag. */
export function stripThinking(text: string): string {
  const whole = text.replaceAll(/<(think|thinking|reasoning)>[\s\S]*?<\/\1>/gi, '')
  const afterLone = whole.replace(/^[\s\S]*<\/(think|thinking|reasoning)>/i, '')
  return afterLone.replace(/<(think|thinking|reasoning)>[\s\S]*$/i, '').trim()
}
