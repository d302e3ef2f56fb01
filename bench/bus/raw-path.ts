import type { Bus } from '../../packages/bus/dist/index.js'
import type { JsMsg } from '../../packages/bus/node_modules/@nats-io/jetstream/lib/mod.js'

/** The same shape with the client alone: publish, consume, fenced append, read. Streams of its own. */
export async function prepareRaw(bus: Bus): Promise<void> {
  await bus.jsm.streams.add({ name: 'RAWTASK', subjects: ['raw.task.*'], retention: 'workqueue' })
  await bus.jsm.streams.add({ name: 'RAWLOG', subjects: ['raw.log.*'] })
  await bus.jsm.consumers.add('RAWTASK', { durable_name: 'raw', ack_policy: 'explicit' })
}

/** Takes tasks and appends a result to each one's log. */
export async function hostRaw(bus: Bus, slots: number): Promise<void> {
  const consumer = await bus.js.consumers.get('RAWTASK', 'raw')
  for await (const message of await consumer.consume({ max_messages: slots })) void work(bus, message)
}

async function work(bus: Bus, message: JsMsg): Promise<void> {
  const task = message.subject.slice('raw.task.'.length)
  const result = JSON.stringify({ ended: task })
  await bus.js.publish(`raw.log.${task}`, result, { expect: { lastSubjectSequence: 0 } })
  await message.ackAck()
}

/** Dispatches `count` tasks, `window` at a time, and waits until each one's result was read. Milliseconds each. */
export async function driveRaw(bus: Bus, count: number, window: number, prefix: string): Promise<number[]> {
  const waiting = new Map<string, () => void>()
  const consumer = await bus.js.consumers.get('RAWLOG', { deliver_policy: 'new' })
  const messages = await consumer.consume({
    callback: (message) => waiting.get(message.subject.slice('raw.log.'.length))?.(),
  })
  const took = await inWindow(count, window, async (n) => {
    const task = `${prefix}${n}`
    const ended = new Promise<void>((resolve) => waiting.set(task, resolve))
    await bus.js.publish(`raw.task.${task}`, JSON.stringify({ task }))
    await ended
    waiting.delete(task)
  })
  await messages.close()
  return took
}

/** Does something `count` times, `window` at a time, and tells how long each took. */
export async function inWindow(
  count: number,
  window: number,
  each: (n: number) => Promise<void>,
): Promise<number[]> {
  const took: number[] = []
  let next = 0
  const lane = async () => {
    while (next < count) {
      const n = next++
      const begin = performance.now()
      await each(n)
      took.push(performance.now() - begin)
    }
  }
  await Promise.all(Array.from({ length: window }, lane))
  return took
}
