/** A model's whole reply that makes one call, as Bailiwick's contract has it. */
export function scriptedReply(call: { name: string; arguments: unknown } | string) {
  const text = typeof call === 'string' ? call : ''
  const calls = typeof call === 'string' ? [] : [{ id: 'call', ...call }]
  const usage = { inputTokens: 1, cachedTokens: 0, outputTokens: 1, reasoningTokens: 0, replies: 1, cost: 0 }
  const reply = {
    text,
    calls,
    finish: 'calls' as const,
    usage,
    model: 'fake/instant',
    timing: { firstMs: 0, totalMs: 0 },
  }
  return { type: 'reply' as const, reply }
}
