/** Several resources as one; all are disposed of at the same time. */
export function disposeAll(resources: AsyncDisposable[]): AsyncDisposable {
  return {
    async [Symbol.asyncDispose]() {
      await Promise.all(resources.map((resource) => resource[Symbol.asyncDispose]()))
    },
  }
}
