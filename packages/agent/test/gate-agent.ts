import type { AgentDefinition, Grant, Level } from '@bailiwick/contract'
import { defineAgent, defineTool } from '@bailiwick/core'
import { scriptedModel } from '@bailiwick/models'
import { z } from 'zod'
import { grantOf, until } from './test-bus.ts'

/** Marks in the first step, waits at the gate and marks in the second, then answers with the values of both. */
export const IN_STEPS = [
  '<code>\nconst first = await mark({ line: "one" })\n</code>',
  '<code>\nawait gate({})\nconst second = await mark({ line: "three" })\n</code>',
  '<code>\nfinalAnswer({ first, second })\n</code>',
]

/** An agent whose second step waits until the test opens the gate. Task `t2` ends at once. */
export interface GateAgent {
  readonly definition: AgentDefinition
  readonly grant: (level?: Level) => Grant
  /** The marked lines, and `waiting` for each call of the gate. */
  readonly marks: string[]
  open(): void
  /** Resolves when the gate has been called this many times. */
  waiting(times: number): Promise<unknown>
}

export function gateAgent(name: string): GateAgent {
  const marks: string[] = []
  const { promise: opened, resolve: open } = Promise.withResolvers<void>()
  const mark = defineTool({
    name: 'mark',
    description: 'Leaves a mark.',
    input: z.object({ line: z.string() }),
    effect: 'once',
    run: async ({ line }) => {
      marks.push(line)
      return line.length
    },
  })
  const gate = defineTool({
    name: 'gate',
    description: 'Waits.',
    input: z.object({}),
    effect: 'none',
    run: async () => {
      marks.push('waiting')
      await opened
      return 'opened'
    },
  })
  const definition = defineAgent({
    name,
    description: 'Waits in its second step.',
    level: 5,
    tools: [mark, gate],
    model: scriptedModel({
      [name]: {
        t1: IN_STEPS,
        t2: ['<code>\nfinalAnswer(await mark({ line: "done" }))\n</code>'],
        delegate: ['<code>\nfinalAnswer((await helper({ task: "Say 5" })).output)\n</code>'],
        json: [{ calls: [{ name: 'mark', arguments: { line: 'json' } }] }, 'It has 4 letters.'],
      },
    }),
  })
  return {
    definition,
    marks,
    open,
    grant: (level = 5) => grantOf(definition, level),
    waiting: (times) =>
      until(() => marks.filter((line) => line === 'waiting').length >= times, `call ${times} of the gate`),
  }
}
