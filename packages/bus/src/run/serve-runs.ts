import type { Msg } from '@nats-io/transport-node'
import type { Bus } from '../connect/bus.ts'
import { spillRecords } from '../journal/spill.ts'
import { RUN_OPS, type RunOp, type RunReply, type RunRequest } from '../protocol/run-ops.ts'
import { parseRunSubject, SUBJECTS } from '../protocol/subjects.ts'
import { OPERATOR } from '../protocol/users.ts'
import { disposeAll } from '../request/dispose-all.ts'
import { serve } from '../request/serve.ts'

/**
 * What the coordinator does about runs. An operation without a handler has no responder. `by` is who asks, as
 * the server has proved: `user`, who may ask about all runs, or a named user, who may about its own.
 */
export type RunHandlers = { [O in RunOp]?: (request: RunRequest<O>, by: string) => Promise<RunReply<O>> }

/** In whose journal bucket answers are that are too large for a message: others may not read a named user's. */
export function largeRepliesOf(by: string): string {
  return by === OPERATOR ? 'coordinator' : by
}

/** Answers requests about runs until disposed. Several coordinators share them. */
export async function serveRuns(bus: Bus, handlers: RunHandlers): Promise<AsyncDisposable> {
  const ops = Object.keys(RUN_OPS).filter((op): op is RunOp => handlers[op as RunOp] !== undefined)
  return disposeAll(
    await Promise.all(
      ops.flatMap((op) =>
        [SUBJECTS.run(op), SUBJECTS.runAs(op, '*')].map((subject) => serveOp(bus, subject, op, handlers)),
      ),
    ),
  )
}

function serveOp<O extends RunOp>(
  bus: Bus,
  subject: string,
  op: O,
  handlers: RunHandlers,
): Promise<AsyncDisposable> {
  const handler: ((request: RunRequest<O>, by: string) => Promise<RunReply<O>>) | undefined = handlers[op]
  const asker = (message: Msg) => parseRunSubject(message.subject) ?? OPERATOR
  return serve(bus, {
    subject,
    queue: 'coordinator',
    schema: RUN_OPS[op].request,
    spill: (text, message) =>
      spillRecords(bus, { writer: largeRepliesOf(asker(message)), run: 'replies', task: op }, text),
    handle: async (request, message) => handler?.(request as RunRequest<O>, asker(message)),
  })
}
