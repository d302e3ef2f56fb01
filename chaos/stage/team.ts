import { FREEZES, HANGS } from './guest-attacks.ts'
import type { Kind } from './processes.ts'
import type { StageShape } from './stage.ts'

/** Replies for each task. Each killed sandbox costs one step and one reply. */
const REPLIES_EACH = 30

/** The answer of every run that is attacked and does not fail. */
export const ATTACKED_ANSWER = 1

/** Replies for one task: code that calls both tools, then gives the answer. The first reply begins with `before`. */
function replies(answer: string, before = ''): string[] {
  // Each reply differs, because repeated code is not run again.
  return Array.from(
    { length: REPLIES_EACH },
    (_, attempt) => `<code>
// Attempt ${attempt + 1}
${attempt === 0 ? before : ''}
for (;;) try { await mark({}); break } catch { await sleep(100) }
try { await markOnce({}) } catch { /* Its outcome is unknown. */ }
await sleep(50)
finalAnswer(${answer})
</code>`,
  )
}

/** Misbehaves if the run has an input that says how. Such a run has one task, t1. */
const MISBEHAVE = `if (typeof attack === 'number') switch (attack) {
${[...HANGS, ...FREEZES].map((code, index) => `case ${index}: await (async () => { ${code} })(); break`).join('\n')}
}`

/** The input `attack` of a run whose guest hangs or freezes its host. @param choice any natural number */
export function attackInput(deed: 'hung' | 'froze', choice: number): number {
  return deed === 'hung' ? choice % HANGS.length : HANGS.length + (choice % FREEZES.length)
}

const PLAN = {
  tasks: [
    { name: 't1', after: [] },
    { name: 't2', after: [] },
    { name: 't3', after: ['t1'] },
    { name: 't4', after: ['t1', 't2'] },
    { name: 't5', after: ['t3', 't4'] },
  ].map((task) => ({ agent: 'worker', text: `Do ${task.name}.`, inputs: [], ...task })),
}

/** The model's replies by agent and task. */
export const REPLIES = {
  planner: { plan: [JSON.stringify(PLAN)] },
  worker: {
    t1: replies(String(ATTACKED_ANSWER), MISBEHAVE),
    t2: replies('2'),
    t3: replies('results.t1.output + 2'),
    t4: replies('results.t1.output + results.t2.output + 1'),
    t5: replies('results.t3.output * 10 + results.t4.output'),
  },
  liar: { t1: replies(String(ATTACKED_ANSWER)) },
  writer: { answer: ['The number is {{t5.output}}.'] },
}

/** The answer of every honest run: t3 = 3, t4 = 4, t5 = 34. */
export const RIGHT_ANSWER = 'The number is 34.'

/** The tools that write the file of effects. */
export const TOOLS = ['mark', 'markOnce']
/** The tools that every completed task of the plan has called. */
export const ALWAYS = ['mark']

/** A guest that hangs is stopped well before its run counts as silent. */
const limits = { wallMs: 3_000 }

export const AGENTS = {
  worker: { level: 5, tools: TOOLS, limits },
  liar: { level: 5, tools: TOOLS, limits },
  writer: { level: 0, references: true },
}

/** Two hosts for the worker with two tasks at a time each, one for the writer, and one whose children lie. */
export const MEMBERS = [
  { agent: './worker.mjs', replicas: 2, maxConcurrent: 2 },
  './writer.mjs',
  { agent: './liar.mjs', maxConcurrent: 2 },
]

/** The expected number of processes by kind. */
export function expectedProcesses({ coordinators, servers }: StageShape): Partial<Record<Kind, number>> {
  return {
    daemon: coordinators,
    'nats-server': servers || coordinators,
    toolbox: coordinators,
    'tool host': 1,
    host: 4 * coordinators,
  }
}
