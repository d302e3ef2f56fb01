import { headers } from '@nats-io/transport-node'
import type { Bus } from '../connect/bus.ts'
import { INBOX, inboxPrefix } from '../protocol/places.ts'
import { SUBJECTS } from '../protocol/subjects.ts'
import { matcher } from '../request/serve.ts'

/**
 * Calls `called` for each call of a tool until disposed, and replies as the server does if no process hosts the tool, so
 * that the caller tries again. Use it only while no process hosts the tool: it would get a share of the calls. Only for
 * the coordinator.
 */
export function watchCalls(bus: Bus, tool: string, called: () => void): Disposable {
  const subject = SUBJECTS.tool(tool, '*')
  const isCall = matcher(subject)
  const subscription = bus.connection.subscribe(subject, {
    // As hosts do, so that a call goes to one of them or here, not to both.
    queue: 'host',
    callback: (error, message) => {
      if (error !== null || !isCall(message.subject)) return
      called()
      const caller = message.subject.split('.').at(-1)
      // A reply elsewhere would use this process's permissions for the caller.
      const inbox = bus.user === undefined ? `${INBOX}.` : `${inboxPrefix(caller ?? '')}.`
      if (!message.reply?.startsWith(inbox)) return
      bus.connection.publish(message.reply, '', { headers: headers(503, 'No Responders') })
    },
  })
  return {
    [Symbol.dispose]: () => {
      if (!bus.connection.isClosed()) subscription.unsubscribe()
    },
  }
}
