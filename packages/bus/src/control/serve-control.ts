import type { Bus } from '../connect/bus.ts'
import { CONTROL_OPS, type ControlReply, type ControlRequest } from '../protocol/control-ops.ts'
import { SUBJECTS } from '../protocol/subjects.ts'
import { disposeAll } from '../request/dispose-all.ts'
import { serve } from '../request/serve.ts'

/** What a host does when it is told to. */
export interface ControlHandlers {
  /** Returns whether this host had the task. */
  cancel(request: ControlRequest<'cancel'>): boolean | Promise<boolean>
  /** Returns whether a call of this host waits for the decision. */
  decide(request: ControlRequest<'decide'>): boolean | Promise<boolean>
}

/** Obeys the coordinator until disposed. Every host of the agent hears every request. */
export async function serveControl(
  bus: Bus,
  agent: string,
  host: string,
  handlers: ControlHandlers,
): Promise<AsyncDisposable> {
  const reply = (done: boolean): ControlReply => ({ host, done })
  return disposeAll(
    await Promise.all([
      serve(bus, {
        subject: SUBJECTS.control(agent, 'cancel'),
        schema: CONTROL_OPS.cancel,
        handle: async (request) => reply(await handlers.cancel(request)),
      }),
      serve(bus, {
        subject: SUBJECTS.control(agent, 'decide'),
        schema: CONTROL_OPS.decide,
        handle: async (request) => reply(await handlers.decide(request)),
      }),
    ]),
  )
}
