/**
 * What `open` gives, opened when the first item is asked for. Each later item comes from there by a call: an
 * async generator between would take several promises for each delta of a model's reply.
 */
export function openedLater<T>(open: () => Promise<AsyncIterable<T>>): AsyncIterable<T> {
  return {
    [Symbol.asyncIterator]() {
      let opened: AsyncIterator<T> | undefined
      const first = async () => {
        opened = (await open())[Symbol.asyncIterator]()
        return opened.next()
      }
      return {
        next: () => opened?.next() ?? first(),
        return: async (value) => (await opened?.return?.(value)) ?? { value, done: true },
      }
    },
  }
}
