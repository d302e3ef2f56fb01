/**
 * Opens an async iterable when its first item is requested. Later items come from it directly: an async generator in
 * between would cost several promises for each delta of a model's reply.
 */
export function lazyIterable<T>(open: () => Promise<AsyncIterable<T>>): AsyncIterable<T> {
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
