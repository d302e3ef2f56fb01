/** Deeper values are printed as `object`. */
const MAX_DEPTH = 4
/** As many items of a list are looked at. */
const MAX_ITEMS = 50
/** An object with more keys is printed as a record. */
const MAX_KEYS = 25

/** Infers a TypeScript type from a value that a tool returned. */
export function inferType(value: unknown): string {
  return typeOf([value], 0)
}

/** The type that all values have. */
function typeOf(values: readonly unknown[], depth: number): string {
  const types = new Set<string>()
  const objects: object[] = []
  const lists: unknown[][] = []
  for (const value of values) {
    if (Array.isArray(value)) lists.push(value)
    else if (typeof value !== 'object') types.add(typeof value)
    else if (value === null) types.add('null')
    else if (isRecord(value)) objects.push(value)
    else types.add(value.constructor?.name || 'object')
  }
  if (lists.length > 0) types.add(listType(lists, depth))
  if (objects.length > 0) types.add(objectType(objects, depth))
  return [...types].join(' | ')
}

function listType(lists: readonly unknown[][], depth: number): string {
  const items = lists.flatMap((list) => list.slice(0, MAX_ITEMS)).slice(0, MAX_ITEMS)
  if (items.length === 0) return 'unknown[]'
  const type = depth >= MAX_DEPTH ? 'object' : typeOf(items, depth + 1)
  return type.includes(' | ') && !/^\{[^{}]*\}$/.test(type) ? `(${type})[]` : `${type}[]`
}

function objectType(objects: readonly object[], depth: number): string {
  if (depth >= MAX_DEPTH) return 'object'
  const keys = new Set(objects.flatMap((value) => Object.keys(value)))
  if (keys.size === 0) return '{}'
  const valuesOf = (key: string) =>
    objects
      .filter((value) => Object.hasOwn(value, key))
      .map((value) => (value as Record<string, unknown>)[key])
  if (keys.size > MAX_KEYS) {
    const some = [...keys].slice(0, MAX_KEYS).flatMap(valuesOf)
    return `Record<string, ${typeOf(some, depth + 1)}>`
  }
  const fields = [...keys].map((key) => {
    const found = valuesOf(key)
    const name = /^[A-Za-z_$][\w$]*$/.test(key) ? key : JSON.stringify(key)
    return `${name}${found.length < objects.length ? '?' : ''}: ${typeOf(found, depth + 1)}`
  })
  return `{ ${fields.join('; ')} }`
}

function isRecord(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === null || prototype === Object.prototype
}
