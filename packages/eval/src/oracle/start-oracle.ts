import { startOpenAiServer } from '@bailiwick/models/testing'
import type { Case, Solution } from '../dataset/case.ts'
import { diceOf, type FaultRates, OBSERVED_RATES, STEADY } from './faults.ts'
import { readRequest } from './printed-request.ts'
import { nextMove } from './solve.ts'
import { TaskIndex } from './task-index.ts'
import { writeReply } from './write-reply.ts'

/** The noise of an oracle. */
export interface OracleOptions {
  /** Replies with the faults of real models, at these rates. Default: none. */
  noise?: Readonly<FaultRates> | true
  /** The same seed gives the same faults. Default 1. */
  seed?: number
}

/** A server that answers from solutions. Disposing of it closes it. */
export interface Oracle extends AsyncDisposable {
  /** Base URL for OpenAI's protocol. */
  readonly url: string
}

interface Known {
  id: string
  solution: Solution
  /** Conversations that began. Each attempt has faults of its own. */
  begun: number
}

/**
 * Starts a server on loopback that speaks OpenAI's protocol and answers from the solutions of cases. It reads only what
 * a request prints: it finds the task in the messages, the tools and the form of replies in the prompt, and results of
 * calls in the conversation. It shares no code with scorers.
 *
 * @example
 * await using oracle = await startOracle(openDataset('docs/examples/tasks').cases(), { noise: true })
 * const model = openaiModel({ model: 'oracle', baseURL: oracle.url })
 */
export async function startOracle(
  cases: AsyncIterable<{ case: Case }>,
  { noise, seed = 1 }: OracleOptions = {},
): Promise<Oracle> {
  const tasks: { text: string; value: Known }[] = []
  for await (const { case: each } of cases) {
    if (each.solution === undefined) continue
    tasks.push({ text: each.task, value: { id: each.id, solution: each.solution, begun: 0 } })
  }
  const index = new TaskIndex(tasks)
  const rates = noise === true ? OBSERVED_RATES : noise
  const server = await startOpenAiServer({
    models: ['oracle'],
    keepsRequests: false,
    reply(served) {
      const request = readRequest(served)
      const known = index.find(request.said)
      if (known === undefined) return 'I know no task that this request contains.'
      if (request.replies === 0) known.begun += 1
      const dice =
        rates === undefined ? STEADY : diceOf(rates, `${seed}/${known.id}/${known.begun}/${request.replies}`)
      return writeReply(nextMove(known.solution, request), request, dice)
    },
  })
  return { url: `${server.url}/v1`, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() }
}
