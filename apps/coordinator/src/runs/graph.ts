import { Annotation, END, START, StateGraph } from '@langchain/langgraph'

/** What a run does, one function a node. Each looks the run's journal up first, so that it may run again. */
export interface RunNodes {
  plan(): Promise<'execute' | 'synthesise'>
  execute(): Promise<void>
  review(): Promise<'execute' | 'plan' | 'synthesise'>
  synthesise(): Promise<void>
}

// The state holds nothing but the way: what happened is in the journal, and there alone.
const Way = Annotation.Root({ next: Annotation<'execute' | 'plan' | 'synthesise'> })

/**
 * The graph of a run: plan → execute → review → synthesise. Compiled without a checkpointer: after a crash
 * it is entered anew, and every node finds in the journal what it has done already.
 *
 * One `execute` serves the whole plan. A node for each task would wait for its layer: a superstep ends when
 * its slowest member does.
 */
export function runGraph(nodes: RunNodes) {
  return new StateGraph(Way)
    .addNode('plan', async () => ({ next: await nodes.plan() }))
    .addNode('execute', async () => {
      await nodes.execute()
      return {}
    })
    .addNode('review', async () => ({ next: await nodes.review() }))
    .addNode('synthesise', async () => {
      await nodes.synthesise()
      return {}
    })
    .addEdge(START, 'plan')
    .addConditionalEdges('plan', ({ next }) => next, ['execute', 'synthesise'])
    .addEdge('execute', 'review')
    .addConditionalEdges('review', ({ next }) => next, ['execute', 'plan', 'synthesise'])
    .addEdge('synthesise', END)
    .compile()
}

/** Supersteps that a plan within these limits can need at most. */
export function recursionLimit(limits: { tasks: number; attempts: number; replans: number }): number {
  const plans = 1 + limits.replans
  return plans * (1 + 2 * limits.tasks * limits.attempts) + 3
}
