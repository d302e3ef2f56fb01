import type { LevelRules } from '../levels/level-table.ts'
import type { ParsedReply } from '../reply/parse-reply.ts'
import { asFrame, type FramedText, frame } from './framed-text.ts'

type Problem = Extract<ParsedReply, { kind: 'nothing' }>['problem']

const SHAPE = `Write a sentence on what you do next, then the code:
<code>
const result = 6 * 7
finalAnswer(result)
</code>`

/** Tells the model that its reply holds no code that can run. */
export function noCode(problem: Problem, cut: boolean): string {
  if (cut)
    return `Your reply was cut at its length limit before the code was whole. Write less in a step.\n${SHAPE}`
  if (problem === 'python')
    return `That is Python; only JavaScript or TypeScript runs here. Write the same in JavaScript.\n${SHAPE}`
  if (problem === 'empty') return `Your reply was empty. ${SHAPE}`
  return `There was no code in your reply, so nothing ran. ${SHAPE}\nIf you have the answer already, give it by finalAnswer(…) in code.`
}

/** Tells the model that it wrote prose instead of a call. */
export const noCall =
  'Nothing was called, so nothing happened. Call one of the tools, or, if you know the answer, call finalAnswer with it: {"name": "finalAnswer", "arguments": {"answer": …}}'

export const finalBesideCalls =
  'finalAnswer was refused: it came beside other calls, whose results you had not seen. Look at them, then call finalAnswer alone.'

export const finalAfterInvention =
  'The final answer was refused: you wrote the observation yourself instead of waiting for it. What the code really showed is above; answer from that.'

export const inventionCut =
  'What you wrote after your code as its observation was cut: only what is shown here happened.'

/** The observation of code that showed nothing. */
export const NOTHING_SHOWN = 'Done. Nothing was printed, and there is no value.'

export const worldLost =
  'The variables of all earlier steps are lost: running their code again gave another result. Effects outside the code remain. The observations above are right; rebuild what you need from them.'

/** Tells the model that its answer does not fit the schema or fails a check. */
export function answerRefused(problem: string): FramedText {
  return frame`The answer was not accepted: ${problem}`
}

export function wrongRoute(said: string, routes: readonly string[]): FramedText {
  const examples = routes.map((route) => `{"route": "${route}"}`).join(', ')
  return frame`${`"${said.slice(0, 100)}"`} names no route. Answer with JSON alone, one of: ${asFrame(examples)}`
}

/** Stands in the place of the observation of an answer. */
export const answerAccepted = 'Your answer was accepted'

/** Asks for the best possible answer when no step is left. */
export function lastAnswer(limit: string): string {
  return `You have no ${limit} left, so nothing more can be called or run. Write the best answer you can from what you have seen, in words, and say what is missing.`
}

/** Asks for a plan, before step 1 and then at the interval that the definition sets. */
export function planRequest(first: boolean, stepsLeft: number): string {
  const what = first
    ? 'Before you begin: write down what is known, what has to be found out, and a short numbered plan.'
    : 'Stop for a moment: write down what is known by now, what is still missing, and a short numbered plan for the rest.'
  return `${what} You have ${stepsLeft} steps left. Do not act yet: no calls, no code.`
}

export const planAccepted = 'Now go on by that plan.'

const WANTED: Record<LevelRules['action'], { what: string; advice: string }> = {
  answer: { what: 'an answer', advice: 'Use another model.' },
  route: { what: 'a route', advice: 'Use another model.' },
  calls: {
    what: 'a tool call or an answer',
    advice: 'Use another model, or level 5 (code) or 0 (processor).',
  },
  code: {
    what: 'code that can run',
    advice: 'Use another model, or level 3 (multi-step), which needs no code.',
  },
}

/** Tells the user why a task was given up: its model cannot work at this level. */
export function unableModel(action: LevelRules['action'], replies: number, last: string): string {
  const { what, advice } = WANTED[action]
  const found = last.trim() === '' ? 'was empty' : `began ${JSON.stringify(last.trim().slice(0, 80))}`
  return `Expected ${what}, found none in ${replies} replies in a row; the last one ${found}. ${advice}`
}
