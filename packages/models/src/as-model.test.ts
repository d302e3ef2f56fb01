import type { ModelEvent, ModelReply } from '@bailiwick/contract'
import { describe, expect, it } from 'vitest'
import { request } from '../test/ask.ts'
import { asModel } from './as-model.ts'
import type { Source } from './source.ts'

const reply = { text: 'ab' } as ModelReply
const text = (text: string) => ({ type: 'text' as const, text })

function model(ask: Source['ask']) {
  return asModel({ id: 'a/b', ask })
}

async function read(events: AsyncIterable<ModelEvent>, into: ModelEvent[] = []): Promise<ModelEvent[]> {
  for await (const event of events) into.push(event)
  return into
}

describe('asModel', () => {
  const { signal } = new AbortController()

  it('yields deltas and then the reply, both from a fast and from a slow source', async () => {
    const fast = model(async (_, { emit }) => {
      emit(text('a'))
      emit(text('b'))
      return reply
    })
    const slow = model(async (_, { emit }) => {
      for (const letter of 'ab') {
        await new Promise(setImmediate)
        emit(text(letter))
      }
      await new Promise(setImmediate)
      return reply
    })
    for (const either of [fast, slow]) {
      const events = either.generate(request, { signal })
      expect(await read(events)).toEqual([text('a'), text('b'), { type: 'reply', reply }])
      expect(await read(events)).toEqual([])
    }
  })

  it('asks nothing before the first event is read', async () => {
    let asked = 0
    const events = model(async () => {
      asked += 1
      return reply
    }).generate(request, { signal })
    await new Promise(setImmediate)
    expect(asked).toBe(0)
    await read(events)
    expect(asked).toBe(1)
  })

  it('throws the error of the source after the deltas before it', async () => {
    const events: ModelEvent[] = []
    const failing = model(async (_, { emit }) => {
      emit(text('a'))
      throw new Error('broken')
    })
    await expect(read(failing.generate(request, { signal }), events)).rejects.toThrow('broken')
    expect(events).toEqual([text('a')])
  })

  it('aborts the source when the reader stops, and waits for its end', async () => {
    let state = 'asked'
    const slow = model(async (_, { emit, signal }) => {
      emit(text('a'))
      await new Promise((resolve) => signal.addEventListener('abort', resolve))
      await new Promise(setImmediate)
      state = 'ended'
      throw signal.reason
    })
    for await (const _ of slow.generate(request, { signal })) break
    expect(state).toBe('ended')
  })

  it('drops unread deltas after an abort', async () => {
    const controller = new AbortController()
    const quick = model(async (_, { emit }) => {
      for (const letter of 'ab') emit(text(letter))
      return reply
    })
    const events: ModelEvent[] = []
    const reading = (async () => {
      for await (const event of quick.generate(request, { signal: controller.signal })) {
        events.push(event)
        controller.abort(new Error('enough'))
      }
    })()
    await expect(reading).rejects.toThrow('enough')
    expect(events).toEqual([text('a')])
  })
})
