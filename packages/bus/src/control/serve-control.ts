import type { Bus } from '../connect/bus.ts'
import { CONTROL_OPS, type ControlAnswer, type ControlRequest } from '../protocol/control-ops.ts'
import { SUBJECTS } from '../protocol/subjects.ts'
import { disposeAll } from '../request/dispose-all.ts'
import { serve } from '../request/serve.ts'

/** What a host does when it is told to. */
export interface ControlHandlers {
  /** Returns whether this host had the task. */
  cancel(request: ControlRequest<'cancel'>): boolean | Promise<boolean>
  /** Returns whether a call of this host waits for it. */
  answer(request: ControlRequest<'answer'>): boolean | Promise<boolean>
  drain(): void | Promise<void>
  toolsChanged(): void | Promise<void>
}

/** Obeys the coordinator until disposed. Every host of the agent hears every request. */
export async function serveControl(
  bus: Bus,
  agent: string,
  host: string,
  handlers: ControlHandlers,
): Promise<AsyncDisposable> {
  const answer = (done: boolean): ControlAnswer => ({ host, done })
  return disposeAll(
    await Promise.all([
      serve(bus, {
        subject: SUBJECTS.control(agent, 'cancel'),
        schema: CONTROL_OPS.cancel,
        handle: async (request) => answer(await handlers.cancel(request)),
      }),
      serve(bus, {
        subject: SUBJECTS.control(agent, 'answer'),
        schema: CONTROL_OPS.answer,
        handle: async (request) => answer(await handlers.answer(request)),
      }),
      serve(bus, {
        subject: SUBJECTS.control(agent, 'drain'),
        schema: CONTROL_OPS.drain,
        async handle(request) {
          if (request.host !== undefined && request.host !== host) return answer(false)
          // Answered before it is done: draining takes as long as the tasks at work.
          void handlers.drain()
          return answer(true)
        },
      }),
      serve(bus, {
        subject: SUBJECTS.control(agent, 'tools-changed'),
        schema: CONTROL_OPS['tools-changed'],
        async handle() {
          await handlers.toolsChanged()
          return answer(true)
        },
      }),
    ]),
  )
}
