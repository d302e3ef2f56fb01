import { expect, test } from 'vitest'
import { lazyIterable } from './lazy-iterable.ts'

/** An iterable that counts how often it is opened and closed. */
function source() {
  const seen = { opened: 0, closed: 0 }
  const open = async () => {
    seen.opened += 1
    return (async function* () {
      try {
        yield* [1, 2, 3]
      } finally {
        seen.closed += 1
      }
    })()
  }
  return { seen, open }
}

async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = []
  for await (const item of items) all.push(item)
  return all
}

test('opens at the first item and yields all items', async () => {
  const { seen, open } = source()
  const items = lazyIterable(open)
  expect(seen.opened).toBe(0)
  expect(await collect(items)).toEqual([1, 2, 3])
  expect(seen).toEqual({ opened: 1, closed: 1 })
})

test('closes when its reader stops', async () => {
  const { seen, open } = source()
  for await (const item of lazyIterable(open)) if (item === 2) break
  expect(seen).toEqual({ opened: 1, closed: 1 })
})

test('does not open for a reader that never reads', async () => {
  const { seen, open } = source()
  const iterator = lazyIterable(open)[Symbol.asyncIterator]()
  expect(await iterator.return?.()).toEqual({ value: undefined, done: true })
  expect(seen.opened).toBe(0)
})

test('fails with the error of opening', async () => {
  const items = lazyIterable<number>(() => Promise.reject(new RangeError('no such model')))
  await expect(collect(items)).rejects.toThrow('no such model')
})
