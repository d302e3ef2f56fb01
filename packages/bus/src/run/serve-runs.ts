import type { Msg } from '@nats-io/transport-node'
import type { Bus } from '../connect/bus.ts'
import { spill } from '../journal/spill.ts'
import { COORDINATOR } from '../protocol/places.ts'
import { RUN_OPS, type RunOp, type RunReply, type RunRequest } from '../protocol/run-ops.ts'
import { parseRunSubject, SUBJECTS } from '../protocol/subjects.ts'
import { OPERATOR } from '../protocol/users.ts'
import { serve } from '../request/serve.ts'

/**
 * The coordinator's handlers for requests about runs. An operation without a handler has no responder. `by` is the user
 * that the server authenticated: `user`, which may ask about all runs, or a named user, which may ask about its own.
 */
export type RunHandlers = { [O in RunOp]?: (request: RunRequest<O>, by: string) => Promise<RunReply<O>> }

/** Serves requests about runs until disposed. Several coordinators share the requests. */
export async function serveRuns(bus: Bus, handlers: RunHandlers): Promise<AsyncDisposable> {
  const ops = Object.keys(RUN_OPS).filter((op): op is RunOp => handlers[op as RunOp] !== undefined)
  await using stack = new AsyncDisposableStack()
  for (const op of ops) {
    for (const subject of [SUBJECTS.run(op), SUBJECTS.runAs(op, '*')]) {
      stack.use(await serveOp(bus, subject, op, handlers))
    }
  }
  return stack.move()
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
    spill: (text, message) => spill(bus, { kind: 'reply', scope: asker(message), owner: COORDINATOR }, text),
    handle: async (request, message) => handler?.(request as RunRequest<O>, asker(message)),
  })
}
