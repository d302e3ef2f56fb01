import type { Bus } from '../connect/bus.ts'
import { spillRecords } from '../journal/spill.ts'
import { RUN_OPS, type RunAnswer, type RunOp, type RunRequest } from '../protocol/run-ops.ts'
import { SUBJECTS } from '../protocol/subjects.ts'
import { disposeAll } from '../request/dispose-all.ts'
import { serve } from '../request/serve.ts'

/** What the coordinator does about runs. An operation without a handler has no responder. */
export type RunHandlers = { [O in RunOp]?: (request: RunRequest<O>) => Promise<RunAnswer<O>> }

/** Answers requests about runs until disposed. Several coordinators share them. */
export async function serveRuns(bus: Bus, handlers: RunHandlers): Promise<AsyncDisposable> {
  const ops = Object.keys(RUN_OPS).filter((op): op is RunOp => handlers[op as RunOp] !== undefined)
  return disposeAll(await Promise.all(ops.map((op) => serveOp(bus, op, handlers))))
}

function serveOp<O extends RunOp>(bus: Bus, op: O, handlers: RunHandlers): Promise<AsyncDisposable> {
  const handler: ((request: RunRequest<O>) => Promise<RunAnswer<O>>) | undefined = handlers[op]
  return serve(bus, {
    subject: SUBJECTS.run(op),
    queue: 'coordinator',
    schema: RUN_OPS[op].request,
    spill: (text) => spillRecords(bus, { writer: 'coordinator', run: 'answers', task: op }, text),
    handle: async (request) => handler?.(request as RunRequest<O>),
  })
}
