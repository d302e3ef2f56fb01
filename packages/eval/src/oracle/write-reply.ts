import type { ServedReply } from '@bailiwick/models/testing'
import type { Dice } from './faults.ts'
import type { PrintedRequest } from './printed-request.ts'
import type { Move } from './solve.ts'

/** Writes a move as a model would, with the faults that the dice choose. */
export function writeReply(move: Move, request: PrintedRequest, has: Dice): ServedReply {
  if (move.kind === 'text') return { text: move.text }
  if (has('prose'))
    return { text: 'I will read what is given, work out the figures and then give the answer.' }
  if (move.kind === 'answer') return { text: 'I give the answer.\n<code>\nfinalAnswer(answer)\n</code>' }
  if (move.kind === 'code') return { text: writeCode(move, request.replies, has) }
  const invented = has('inventedObservation') ? 'Observation: the result is 42, so the answer is 42.' : ''
  const calls =
    move.kind === 'final' ? [{ name: 'finalAnswer', arguments: { answer: move.answer } }] : move.calls
  const before = request.calls.findLast(({ name }) => name !== 'finalAnswer')
  if (move.kind === 'final' && before !== undefined && has('repeat')) {
    return {
      text: 'Let me check that again.',
      calls: [{ name: before.name, arguments: parsed(before.arguments) }],
    }
  }
  if (has('wrongName')) return { text: '', calls: calls.map((call) => ({ ...call, name: snake(call.name) })) }
  if (has('brokenArguments')) {
    const written = calls.map(({ name, arguments: args }) => `${name}(${JSON.stringify(args).slice(0, -1)}`)
    return { text: `I call ${written.join(' and ')}` }
  }
  if (move.kind === 'calls' && has('answerBesideCalls')) {
    return {
      text: invented,
      calls: [...calls, { name: 'finalAnswer', arguments: { answer: 'as the call will show' } }],
    }
  }
  return { text: invented, calls }
}

/** Code in the form that the system prompt asks for. Each reply differs, because a model does not copy itself. */
function writeCode({ helpers, code }: Extract<Move, { kind: 'code' }>, replies: number, has: Dice): string {
  if (has('python'))
    return 'I read the file.\n<code>\nimport csv\nrows = list(csv.DictReader(open("data.csv")))\nprint(len(rows))\n</code>'
  const read = has('positional') ? helpers.replace('readFile({ name })', 'readFile(name)') : helpers
  const end = has('printedAnswer') ? 'console.log(answer)' : 'finalAnswer(answer)'
  const dump = has('dump')
    ? `console.log(Array.from({ length: 3000 }, (_, n) => ({ n, text: 'row ' + n })))\n`
    : ''
  const solve = `async function solve() {\n${code}\n}`
  const wait = has('missingAwait') ? '' : 'await '
  const blocks = [
    read,
    `${solve}\n${dump}const answer = ${wait}solve()\n${end} // reply ${replies + 1}`,
  ].filter((block) => block !== '')
  const parts = has('severalBlocks') ? blocks : [blocks.join('\n')]
  const [open, close] = has('fence') ? ['```js', '```'] : ['<code>', '</code>']
  const text = `I compute the answer from what is given.\n${parts.map((part) => `${open}\n${part}\n${close}`).join('\n\nThen I use it.\n')}`
  if (has('inventedObservation'))
    return `${text}\n\nObservation:\nPrinted:\n42\n\nThe answer is 42.\n<code>\nfinalAnswer(42)\n</code>`
  return has('unclosedTag') && open === '<code>' ? text.slice(0, -close.length) : text
}

function snake(name: string): string {
  return `${name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)}_tool`
}

function parsed(text: string): Record<string, never> {
  try {
    return JSON.parse(text)
  } catch {
    return {}
  }
}
