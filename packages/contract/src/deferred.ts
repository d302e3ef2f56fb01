import { z } from 'zod'

/**
 * `z.lazy`, put off altogether: nothing is made before the schema is first looked at. A process that is started
 * for one task uses few of the hundred schemas that it imports, and making them took longer than loading them.
 *
 * @example
 * const pointSchema = deferred(() => z.object({ x: z.number(), y: z.number() }))
 * pointSchema.parse({ x: 1, y: 2 })
 */
export function deferred<T extends z.ZodType>(build: () => T): z.ZodLazy<T> {
  const schema = Object.create(unmade)
  builds.set(schema, build)
  return schema
}

const builds = new WeakMap<object, () => z.ZodType>()

/** Stands above each schema until it is looked at, and makes it then, in its place: whoever holds it holds the schema. */
const unmade = new Proxy(Object.create(null), {
  get: (_, key, schema) => Reflect.get(make(schema), key),
  has: (_, key) => Reflect.has(z.ZodLazy.prototype, key),
})

function make(schema: z.ZodLazy): z.ZodLazy {
  const build = builds.get(schema)
  if (build === undefined) return schema
  builds.delete(schema)
  Object.setPrototypeOf(schema, z.ZodLazy.prototype)
  // As `new` does it, on an object that is there already.
  Reflect.apply(z.ZodLazy, schema, [{ type: 'lazy', getter: build }])
  return schema
}
