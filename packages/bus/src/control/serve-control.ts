import type { Bus } from '../connect/bus.ts'
import { CONTROL_OPS, type ControlReply, type ControlRequest } from '../protocol/control-ops.ts'
import { SUBJECTS } from '../protocol/subjects.ts'
import { serve } from '../request/serve.ts'

/** A host's handlers for control requests. */
export interface ControlHandlers {
  /** Cancels a task. @returns whether this host had the task */
  cancel(request: ControlRequest<'cancel'>): boolean | Promise<boolean>
  /** Takes a person's decision. @returns whether this host has the task */
  decide(request: ControlRequest<'decide'>): boolean | Promise<boolean>
}

/** Serves the coordinator's control requests until disposed. Every host of the agent gets every request. */
export async function serveControl(
  bus: Bus,
  agent: string,
  host: string,
  handlers: ControlHandlers,
): Promise<AsyncDisposable> {
  const reply = (done: boolean): ControlReply => ({ host, done })
  await using stack = new AsyncDisposableStack()
  stack.use(
    await serve(bus, {
      subject: SUBJECTS.control(agent, 'cancel'),
      schema: CONTROL_OPS.cancel,
      handle: async (request) => reply(await handlers.cancel(request)),
    }),
  )
  stack.use(
    await serve(bus, {
      subject: SUBJECTS.control(agent, 'decide'),
      schema: CONTROL_OPS.decide,
      handle: async (request) => reply(await handlers.decide(request)),
    }),
  )
  return stack.move()
}
