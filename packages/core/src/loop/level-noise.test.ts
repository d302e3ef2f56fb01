import type { Level } from '@bailiwick/contract'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { defineTool } from '../define/define-tool.ts'
import { inlineSandbox } from '../testing/inline-sandbox.ts'
import type { ScriptedReply } from '../testing/scripted-model.ts'
import { tryTask } from '../testing/try-task.ts'

/** mulberry32, so that the noise is the same on every machine. */
function random(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296
  }
}

const NAMES = [
  'granted',
  'secret',
  'helper',
  'stranger',
  'finalAnswer',
  'left',
  'observations',
  '__proto__',
  'constructor',
  '',
]
const ARGS = [
  {},
  { n: 1 },
  { task: 'x' },
  { answer: 1 },
  null,
  'text',
  '{"n": 2}',
  [1],
  { n: {} },
  { __proto__: { n: 1 } },
]

/** A reply of any form: bytes, partial JSON, plausible calls of every tool, code, thoughts. */
function noise(next: () => number): ScriptedReply {
  const pick = <T>(list: readonly T[]): T => list[Math.floor(next() * list.length)] as T
  const call = () => ({ name: pick(NAMES), arguments: pick(ARGS) as unknown })
  const bytes = () =>
    Array.from({ length: Math.floor(next() * 40) }, () => String.fromCharCode(next() * 0x3000)).join('')
  const json = () => JSON.stringify(next() < 0.5 ? call() : { calls: [call(), call()] })
  const code = () =>
    `await ${pick(['granted', 'secret', 'helper', 'globalThis.secret'])}?.(${JSON.stringify(pick(ARGS))})`
  const shapes: (() => ScriptedReply)[] = [
    bytes,
    json,
    () => json().slice(0, Math.floor(next() * 30)),
    () => `<code>\n${code()}\n</code>`,
    () => `\`\`\`js\n${code()}\n\`\`\`\nObservation: ${bytes()}`,
    () => `<think>${json()}</think>${json()}`,
    () => ({ text: bytes(), calls: [call(), call()] }),
    () => ({ calls: [call()], finish: pick(['length', 'calls', 'filter', 'stop']) }),
    () => pick(['left', '{"route": "left"}', '{"route": "__proto__"}', 'constructor', '']),
    () => ({ text: '', thinking: json() }),
  ]
  return pick(shapes)()
}

describe('noise', () => {
  it.each([0, 1, 2, 3, 4, 5] as const)(
    'at level %i never does more than the level allows',
    async (level: Level) => {
      const next = random(level + 1)
      for (let round = 0; round < 60; round += 1) {
        const reached: string[] = []
        const tool = (name: string, effect: 'none' | 'once') =>
          defineTool({
            name,
            description: name,
            effect,
            input: z.object({ n: z.number().optional() }),
            run: () => void reached.push(name),
          })
        const granted = tool('granted', 'once')
        const sandbox = inlineSandbox()
        const delegated: string[] = []
        const { result, records } = await tryTask(
          {
            level,
            budget: { steps: 6, calls: 5 },
            ...(level === 1 && { routes: { left: { when: 'left', to: { answer: 1 } } } }),
            ...(level >= 2 && { tools: [granted] }),
            ...(level >= 4 && { delegates: ['helper'] }),
          },
          () => noise(next),
          {
            sandbox,
            agents: [{ name: 'helper', description: 'Helps.', level: 3 }],
            callable: [tool('secret', 'none')],
            delegate: async ({ target }) => {
              delegated.push(target)
              const usage = {
                inputTokens: 0,
                cachedTokens: 0,
                outputTokens: 0,
                reasoningTokens: 0,
                replies: 1,
                cost: 0,
              }
              return { status: 'completed', usage, artifacts: [] }
            },
          },
        )
        expect(reached).not.toContain('secret')
        if (level < 2) expect(reached).toEqual([])
        if (level < 4) expect(delegated).toEqual([])
        if (level < 5) expect(sandbox.executed).toEqual([])
        expect(reached.length + delegated.length).toBeLessThanOrEqual(5)
        expect(records.filter(({ type }) => type === 'step.replied').length).toBeLessThanOrEqual(7)
        expect(['completed', 'failed', 'exhausted']).toContain(result.status)
        expect(result.error?.code).not.toBe('internal')
        if (level === 2) {
          const rounds = new Set(
            records.flatMap((record) => (record.type === 'call.started' ? [record.step] : [])),
          )
          expect(rounds.size).toBeLessThanOrEqual(1)
        }
      }
    },
  )
})
