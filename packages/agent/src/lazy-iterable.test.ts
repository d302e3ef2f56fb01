import { expect, test } from 'vitest'
import { openedLater } from './lazy-iterable.ts'

/** Counts how often it was opened and closed. */
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

test('is opened at the first item, and gives all of them', async () => {
  const { seen, open } = source()
  const items = openedLater(open)
  expect(seen.opened).toBe(0)
  expect(await collect(items)).toEqual([1, 2, 3])
  expect(seen).toEqual({ opened: 1, closed: 1 })
})

test('is closed where its reader stops', async () => {
  const { seen, open } = source()
  for await (const item of openedLater(open)) if (item === 2) break
  expect(seen).toEqual({ opened: 1, closed: 1 })
})

test('is not opened for a reader that never reads', async () => {
  const { seen, open } = source()
  const iterator = openedLater(open)[Symbol.asyncIterator]()
  expect(await iterator.return?.()).toEqual({ value: undefined, done: true })
  expect(seen.opened).toBe(0)
})

test('fails as opening fails', async () => {
  const items = openedLater<number>(() => Promise.reject(new RangeError('no such model')))
  await expect(collect(items)).rejects.toThrow('no such model')
})
